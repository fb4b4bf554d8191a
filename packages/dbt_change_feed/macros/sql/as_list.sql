{% macro as_list(value) %}
    {%- if value is none or value is undefined -%}
        {{- return([]) -}}
    {%- endif -%}
    {{- return([value] if value is string else value | list) -}}
{% endmacro %}
