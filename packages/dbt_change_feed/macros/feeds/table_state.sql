{% macro table_state(feed) %}
    {%- set detail = dbt_change_feed.rows_of('describe detail ' ~ feed.table)[0] -%}
    {%- if detail.format != 'delta' -%}
        {%- set state = {'id': none, 'version': none, 'on': false} -%}
    {%- else -%}
        {%- set commits = dbt_change_feed.rows_of('describe history ' ~ feed.table ~ ' limit 20') -%}
        {%- set state = {
            'id': detail.id,
            'version': commits[0].version,
            'commits': commits,
            'path': detail.location,
            'on': '"delta.enableChangeDataFeed":"true"' in detail.properties | string
        } -%}
    {%- endif -%}
    {%- if feed.is_seed and not feed.link -%}
        {#- `dbt seed` drops and creates its table, mostly with the same rows. -#}
        {%- do state.update({'content': dbt_change_feed.content_of(feed.table)}) -%}
    {%- endif -%}
    {{- return(state) -}}
{% endmacro %}
