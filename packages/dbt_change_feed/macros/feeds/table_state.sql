{% macro table_state(feed) %}
    {%- set state = {'id': none, 'version': none, 'committed': none} -%}
    {%- if feed.is_seed and not feed.link -%}
        {#- `dbt seed` drops and creates its table, mostly with the same rows. -#}
        {%- do state.update({'content': dbt_change_feed.content_of(feed.table)}) -%}
    {%- elif feed.is_delta -%}
        {%- set commit = dbt_change_feed.rows_of('describe history ' ~ feed.table ~ ' limit 1')[0] -%}
        {%- do state.update({
            'version': commit.version, 'committed': commit.timestamp | string
        }) -%}
    {%- endif -%}
    {{- return(state) -}}
{% endmacro %}
