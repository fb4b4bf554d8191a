{% test expect_table_column_count_to_equal(model, value) %}
{%- set observed = dbt_expectations.columns_of(model) | length %}
{{ dbt_expectations.failing_facts(
    [] if observed == value | int else [
        {'expected': value ~ ' columns', 'observed': observed ~ ' columns'}
    ]
) }}
{% endtest %}
