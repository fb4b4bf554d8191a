{% test expect_table_column_count_to_be_between(
    model, min_value=None, max_value=None
) %}
{%- set observed = dbt_expectations.columns_of(model) | length -%}
{%- set expected = dbt_expectations.between(
    'n_columns', min_value, max_value, strictly=false
) -%}
{%- set is_too_few = min_value is not none and observed < min_value | int -%}
{%- set is_too_many = max_value is not none and observed > max_value | int %}
{{ dbt_expectations.failing_facts(
    [{'expected': expected, 'observed': observed ~ ' columns'}]
    if is_too_few or is_too_many else []
) }}
{% endtest %}
