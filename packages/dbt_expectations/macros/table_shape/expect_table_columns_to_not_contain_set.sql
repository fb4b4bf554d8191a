{% test expect_table_columns_to_not_contain_set(
    model, column_list, transform="upper"
) %}
{%- set unwanted = dbt_expectations.column_names(column_list, transform) -%}
{%- set failures = [] -%}
{%- for name in dbt_expectations.column_names(
    dbt_expectations.columns_of(model), transform
) if name in unwanted -%}
    {%- do failures.append({
        'expected': 'no column ' ~ name, 'observed': name
    }) -%}
{%- endfor %}
{{ dbt_expectations.failing_facts(failures) }}
{% endtest %}
