{% macro new_state(facts) %}
    {%- if facts.partial -%}
        {{- return({'version': facts.package, 'partial': true}) -}}
    {%- endif -%}
    {%- set read = {} -%}
    {%- for feed in facts.feeds -%}
        {%- do read.update({feed.table: [feed.id, feed.version] + ([feed.content] if feed.content else [])}) -%}
    {%- endfor -%}
    {{- return({'version': facts.package, 'sql': facts.sql, 'read': read}) -}}
{% endmacro %}
