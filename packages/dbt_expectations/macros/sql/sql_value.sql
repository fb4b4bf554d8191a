{% macro sql_value(value) %}
    {%- set text = 'null' if value is none else value | string -%}
    {#- Without quotes, 2026-01-31 is a subtraction. -#}
    {%- if modules.re.match('\\d{4}-\\d\\d-\\d\\d([ T][\\d:.]+)?$', text) -%}
        {%- set text = dbt_expectations.string_literal(text) -%}
    {%- endif -%}
    {{- return(text) -}}
{% endmacro %}
