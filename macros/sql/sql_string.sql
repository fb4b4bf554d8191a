{% macro sql_string(value) %}
    {#- `${` would start a variable where Spark substitutes them. -#}
    {%- set escaped = (value | string)
        .replace('\\', '\\\\')
        .replace("'", "\\'")
        .replace('\n', '\\n')
        .replace('\r', '\\r')
        .replace('${', '\\u0024{') -%}
    {{- return("'" ~ escaped ~ "'") -}}
{% endmacro %}
