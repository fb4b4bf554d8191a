{% macro add_detail(feed) %}
    {#- Asked for only if there is something new: it costs as much as the whole of a run without. -#}
    {%- if feed.by_content and not feed.content -%}
        {%- do feed.update({'content': dbt_change_feed.content_of(feed.table)}) -%}
    {%- elif feed.is_delta and not feed.by_content and not feed.get('path') -%}
        {%- set detail = dbt_change_feed.rows_of('describe detail ' ~ feed.table)[0] -%}
        {%- do feed.update({
            'id': detail.id,
            'path': detail.location,
            'on': '"delta.enableChangeDataFeed":"true"' in detail.properties | string
        }) -%}
    {%- endif -%}
{% endmacro %}
