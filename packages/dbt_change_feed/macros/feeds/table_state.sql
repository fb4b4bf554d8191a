{% macro table_state(feed) %}
    {#- `dbt seed` drops and creates its table, mostly with the same rows. -#}
    {%- set state = {
        'id': none, 'version': none, 'committed': none, 'content': none,
        'by_content': feed.is_seed and not feed.link
    } -%}
    {%- if feed.is_delta -%}
        {%- set commit = dbt_change_feed.rows_of('describe history ' ~ feed.table ~ ' limit 1')[0] -%}
        {%- do state.update({
            'version': commit.version, 'committed': commit.timestamp | string
        }) -%}
    {%- endif -%}
    {{- return(state) -}}
{% endmacro %}
