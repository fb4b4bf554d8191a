{% macro where_all() %}
    {#- A condition may be YAML's false, which is not the same as none. -#}
    {%- set conditions = varargs
        | reject('none') | reject('equalto', '') | list -%}
    {%- if conditions -%}
        {#- Spark reads `from t where (a)` as an alias with a column list. -#}
        {{- return('where true and (' ~ conditions | join(') and (') ~ ')') -}}
    {%- endif -%}
    {{- return('') -}}
{% endmacro %}
