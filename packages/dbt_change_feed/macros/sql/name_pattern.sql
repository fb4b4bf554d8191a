{% macro name_pattern(name) %}
    {{- return('(?i)(?<![\\w.`])' ~ modules.re.escape(name) ~ '(?![\\w`]|\\.\\w)') -}}
{% endmacro %}
