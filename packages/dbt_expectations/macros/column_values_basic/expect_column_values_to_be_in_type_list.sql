{% test expect_column_values_to_be_in_type_list(
    model, column_name, column_type_list
) %}
{%- set name = column_name.strip('`') -%}
{%- set types = dbt_expectations.as_list(column_type_list) -%}
{%- set found = namespace(type='no such column', is_listed=false) -%}
{%- for column in dbt_expectations.columns_of(model)
    if column['name'] | lower == name | lower -%}
    {%- set found.type = column['type'] -%}
    {%- for type in types
        if dbt_expectations.is_of_type(column['type'], type) -%}
        {%- set found.is_listed = true -%}
    {%- endfor -%}
{%- endfor %}
{{ dbt_expectations.failing_facts([] if found.is_listed else [{
    'expected': name ~ ' ' ~ types | join(' or '),
    'observed': found.type,
}]) }}
{% endtest %}
