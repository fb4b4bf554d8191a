{% macro full_refresh_is_cheaper(units) %}
    {{- return(none) -}}
{% endmacro %}
