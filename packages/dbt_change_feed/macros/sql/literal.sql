{% macro literal(text, data_type) %}
    {%- set escaped = text | string | replace('\\', '\\\\') | replace("'", "\\'") -%}
    {{- return("cast('" ~ escaped ~ "' as " ~ data_type ~ ')') -}}
{% endmacro %}
