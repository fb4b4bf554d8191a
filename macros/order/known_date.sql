{% macro known_date() %}
    {{- return('coalesce(_delivered_on, to_date(updated_at))') -}}
{% endmacro %}
