{% macro in_set(expression, values) %}
    {%- set present = values | reject('equalto', 'null') | list -%}
    {%- set null_is_in = 'true' if 'null' in values else 'false' -%}
    {%- if not present -%}
        {{- return('(' ~ expression ~ ' is null and ' ~ null_is_in ~ ')') -}}
    {%- endif -%}
    {{- return(
        'coalesce(' ~ expression ~ ' in (' ~ present | join(', ') ~ '), '
        ~ null_is_in ~ ')'
    ) -}}
{% endmacro %}
