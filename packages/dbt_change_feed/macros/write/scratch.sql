{% macro scratch(name) %}
    {{- return(adapter.quote('_change_feed_' ~ model.unique_id | replace('.', '_') ~ '_' ~ name)) -}}
{% endmacro %}
