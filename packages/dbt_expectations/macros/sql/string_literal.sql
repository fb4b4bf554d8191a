{% macro string_literal(value) %}
    {#- `${` starts a Spark variable; \u0024 is the dollar sign. -#}
    {%- set escaped = (value | string)
        .replace('\\', '\\\\')
        .replace("'", "\\'")
        .replace('${', '\\u0024{') -%}
    {{- return("'" ~ escaped ~ "'") -}}
{% endmacro %}
