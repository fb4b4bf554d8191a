{% macro where_all() %}
    {%- set conditions = varargs | select | list -%}
    {%- if conditions -%}
        {{- return('where (' ~ conditions | join(') and (') ~ ')') -}}
    {%- endif -%}
    {{- return('') -}}
{% endmacro %}
