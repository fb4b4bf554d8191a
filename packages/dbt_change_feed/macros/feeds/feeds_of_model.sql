{% macro feeds_of_model() %}
    {%- set feeds = [] -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set node = graph.nodes.get(id) or graph.sources[id] -%}
        {%- if node.resource_type == 'source' -%}
            {%- set relation = source(node.source_name, node.name) -%}
        {%- elif node.get('version') is not none -%}
            {%- set relation = ref(node.package_name, node.name, v=node.version) -%}
        {%- else -%}
            {%- set relation = ref(node.package_name, node.name) -%}
        {%- endif -%}
        {%- do feeds.extend(dbt_change_feed.feeds_of(node, relation, [])) -%}
    {%- endfor -%}
    {%- if not feeds -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': change_feed needs an upstream, by ref() or source()'
        ) -%}
    {%- endif -%}
    {%- do dbt_change_feed.add_links(feeds) -%}
    {%- set tables = {} -%}
    {%- for feed in feeds -%}
        {#- A table that is read by two ways has one version. -#}
        {%- if feed.table not in tables -%}
            {%- do tables.update({feed.table: dbt_change_feed.table_state(feed)}) -%}
        {%- endif -%}
        {%- do feed.update(tables[feed.table]) -%}
    {%- endfor -%}
    {{- return(feeds) -}}
{% endmacro %}
