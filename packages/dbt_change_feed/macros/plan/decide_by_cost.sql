{% macro decide_by_cost(facts) %}
    {#- Before any row is read: to see what has changed can cost more than a full refresh. -#}
    {%- if facts.full_seconds is not none
        and facts.full_seconds < var('change_feed_min_seconds', 5) -%}
        {{- return('cheaper: the last full refresh took ' ~ facts.full_seconds ~ ' s') -}}
    {%- endif -%}
    {%- for feed in facts.feeds if feed.new -%}
        {#- A count reads no column. -#}
        {%- set row_count = dbt_change_feed.rows_of(
            'select count(*) as row_count from ' ~ feed.table
        )[0].row_count -%}
        {%- if feed.changed > row_count * dbt_change_feed.max_share() -%}
            {{- return('cheaper: ' ~ feed.changed ~ ' rows of ' ~ feed.table ~ ' are new, of ' ~ row_count) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}
