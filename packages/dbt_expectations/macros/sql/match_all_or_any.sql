{% macro match_all_or_any(conditions, match_on) %}
    {%- if match_on not in ('any', 'all') -%}
        {{- exceptions.raise_compiler_error(
            "match_on is 'any' or 'all', not '" ~ match_on ~ "'"
        ) -}}
    {%- endif -%}
    {%- set operator = ' and ' if match_on == 'all' else ' or ' -%}
    {{- return(conditions | join(operator)) -}}
{% endmacro %}
