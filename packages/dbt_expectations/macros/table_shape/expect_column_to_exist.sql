{% test expect_column_to_exist(
    model, column_name, column_index=None, transform="upper"
) %}
{%- set names = dbt_expectations.column_names(
    dbt_expectations.columns_of(model), transform
) -%}
{%- set name = dbt_expectations.column_names(column_name, transform)[0] -%}
{%- set failures = [] -%}
{%- if name not in names -%}
    {%- do failures.append({
        'expected': 'column ' ~ name, 'observed': names | join(', ')
    }) -%}
{%- elif column_index is not none and names.index(name) + 1 != column_index -%}
    {%- do failures.append({
        'expected': name ~ ' is column ' ~ column_index,
        'observed': 'column ' ~ (names.index(name) + 1),
    }) -%}
{%- endif %}
{{ dbt_expectations.failing_facts(failures) }}
{% endtest %}
