{% macro quoted(column) %}
    {{- return('`' ~ column.strip('`').replace('`', '``') ~ '`') -}}
{% endmacro %}
