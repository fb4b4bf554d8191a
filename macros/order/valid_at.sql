{% macro valid_at(versions, time) %}
    {{- return(
        time ~ ' >= ' ~ versions ~ '.valid_from and (' ~ versions
        ~ '.valid_to is null or ' ~ time ~ ' < ' ~ versions ~ '.valid_to)'
    ) -}}
{% endmacro %}
