{% macro new_state(facts) %}
    {%- if facts.partial -%}
        {{- return({'version': facts.package, 'partial': true}) -}}
    {%- endif -%}
    {%- set read = {} -%}
    {%- for feed in facts.feeds -%}
        {%- do dbt_change_feed.add_detail(feed) -%}
        {%- do read.update({feed.table: {
            'id': feed.id,
            'version': feed.version,
            'committed': feed.committed,
            'content': feed.content
        }}) -%}
    {%- endfor -%}
    {{- return({'version': facts.package, 'sql': facts.sql, 'read': read}) -}}
{% endmacro %}
