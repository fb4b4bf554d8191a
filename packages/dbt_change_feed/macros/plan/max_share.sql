{% macro max_share() %}
    {{- return(var('change_feed_max_share', 0.5)) -}}
{% endmacro %}
