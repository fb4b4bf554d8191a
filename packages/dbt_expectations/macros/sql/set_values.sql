{% macro set_values(value_set, quote_values) %}
    {%- set values = [] -%}
    {%- for value in value_set -%}
        {%- if quote_values and value is not none -%}
            {%- do values.append(dbt_expectations.string_literal(value)) -%}
        {%- else -%}
            {%- do values.append(dbt_expectations.sql_value(value)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(values) -}}
{% endmacro %}
