{% test expect_table_columns_to_match_ordered_list(
    model, column_list, transform="upper"
) %}
{%- set observed = dbt_expectations.column_names(
    dbt_expectations.columns_of(model), transform
) -%}
{%- set expected = dbt_expectations.column_names(column_list, transform) -%}
{%- set failures = [] -%}
{%- for index in range([observed | length, expected | length] | max)
    if observed[index] != expected[index] -%}
    {%- do failures.append({
        'expected': (index + 1) ~ ': ' ~ (expected[index] or 'no column'),
        'observed': (index + 1) ~ ': ' ~ (observed[index] or 'no column'),
    }) -%}
{%- endfor %}
{{ dbt_expectations.failing_facts(failures) }}
{% endtest %}
