{% macro feeds_of(node, relation, path) %}
    {%- set name = relation.render() -%}
    {%- set names = path + [node.name] -%}
    {%- if node.resource_type == 'model' and node.config.materialized == 'ephemeral' -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': change_feed does not see through the ephemeral model ' ~ node.name
            ~ '; make it a view'
        ) -%}
    {%- endif -%}
    {%- set found = load_relation(relation) -%}
    {%- if found is none -%}
        {%- do exceptions.raise_compiler_error(model.name ~ ': there is no table ' ~ name) -%}
    {%- elif not found.is_view -%}
        {#- What dbt made in this run, its cache does not describe. -#}
        {%- set is_delta = found.is_delta if found.is_delta is not none
            else node.config.get('file_format') == 'delta'
            or node.config.get('materialized') == 'change_feed' -%}
        {{- return([{
            'names': names,
            'table': name,
            'view': none,
            'is_seed': node.resource_type == 'seed',
            'is_delta': is_delta
        }]) -}}
    {%- endif -%}
    {%- if node.resource_type != 'model' -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': change_feed cannot follow ' ~ name
            ~ ', a view that no model of this project creates'
        ) -%}
    {%- endif -%}

    {%- set text = dbt_change_feed.view_text(relation) -%}
    {%- set unstable = dbt_change_feed.unstable_function(text) -%}
    {%- if unstable -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ': the view ' ~ name ~ ' has ' ~ unstable
            ~ ', which gives another value in each run'
        ) -%}
    {%- endif -%}
    {%- set feeds = [] -%}
    {%- for id in node.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(id) or graph.sources[id] -%}
        {%- do feeds.extend(dbt_change_feed.feeds_of(
            parent, dbt_change_feed.relation_in(parent, text), names
        )) -%}
    {%- endfor -%}
    {%- set by_row = feeds | length == 1 and not feeds[0].get('opaque')
        and dbt_change_feed.is_row_wise(text, feeds[0].inner or feeds[0].table) -%}
    {%- if by_row -%}
        {%- set feed = feeds[0] -%}
        {%- set inner = feed.inner or feed.table -%}
        {#- What the view makes of the rows that changed, in place of its table. -#}
        {%- do feed.update({
            'view': dbt_change_feed.with_name_replaced(text, inner, feed.view) if feed.view else text,
            'inner': name,
            'names': names + feed.names[names | length:]
        }) -%}
    {%- else -%}
        {%- for feed in feeds -%}
            {%- do feed.update({'opaque': true, 'texts': feed.get('texts', []) + [text]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(feeds) -}}
{% endmacro %}
