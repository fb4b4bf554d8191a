{% macro decide_by_cost(facts) %}
    {#- Before any row is read: to see what has changed can cost more than a full refresh. -#}
    {%- set max_share = var('change_feed_max_share', 0.5) -%}
    {%- if facts.full_seconds is not none
        and facts.full_seconds < var('change_feed_min_seconds', 5) -%}
        {{- return('cheaper: the last full refresh took ' ~ facts.full_seconds ~ ' s') -}}
    {%- endif -%}
    {%- for feed in facts.feeds if feed.new and feed.changed > feed.rows * max_share -%}
        {{- return('cheaper: ' ~ feed.changed ~ ' rows of ' ~ feed.table ~ ' are new, of ' ~ feed.rows) -}}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}
