{% macro record(columns) %}
    {%- if not columns -%}
        {{- return("to_json(struct(*), map('ignoreNullFields', 'false'))") -}}
    {%- endif -%}
    {%- set fields = [] -%}
    {%- for column in columns -%}
        {%- do fields.append(
            dbt_expectations.string_literal(column.strip('`')) ~ ', ' ~ column
        ) -%}
    {%- endfor -%}
    {{- return(
        'to_json(named_struct(' ~ fields | join(', ')
        ~ "), map('ignoreNullFields', 'false'))"
    ) -}}
{% endmacro %}
