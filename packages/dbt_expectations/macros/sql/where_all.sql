{% macro where_all() %}
    {#- YAML's false is a condition; none is not. -#}
    {%- set conditions = varargs
        | reject('none') | reject('equalto', '') | list -%}
    {%- if conditions -%}
        {#- Spark parses `from t where (a)` as an alias with a column list. -#}
        {{- return('where true and (' ~ conditions | join(') and (') ~ ')') -}}
    {%- endif -%}
    {{- return('') -}}
{% endmacro %}
