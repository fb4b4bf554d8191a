{% macro scratch(name) %}
    {{- return(adapter.quote('_change_feed_' ~ model.alias ~ '_' ~ name)) -}}
{% endmacro %}
