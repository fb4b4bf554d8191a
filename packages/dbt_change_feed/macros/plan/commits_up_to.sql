{% macro commits_up_to(feed, count) %}
    {#- The newest `count` commits up to the version that this run reads. -#}
    {%- set commits = dbt_change_feed.rows_of(
        'describe history ' ~ feed.table ~ ' limit ' ~ (count + 20)
    ) -%}
    {{- return((commits | selectattr('version', 'le', feed.version) | list)[:count]) -}}
{% endmacro %}
