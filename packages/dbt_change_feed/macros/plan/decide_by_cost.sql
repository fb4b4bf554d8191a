{% macro decide_by_cost(touched, files, seconds) %}
    {%- set max_share = var('change_feed_max_share', 0.5) -%}
    {%- set min_seconds = var('change_feed_min_seconds', 15) -%}
    {%- if seconds is not none and seconds < min_seconds -%}
        {{- return('cheaper: the last full refresh took ' ~ seconds ~ ' s') -}}
    {%- elif touched > files * max_share and files > 1 -%}
        {{- return('cheaper: the changes are in ' ~ touched ~ ' of ' ~ files ~ ' files') -}}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}
