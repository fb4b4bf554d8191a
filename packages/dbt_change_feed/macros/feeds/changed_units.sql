{% macro changed_units(feeds) %}
    {#- One list of values per set of columns of this model. -#}
    {%- set by_columns = {} -%}
    {%- for feed in feeds -%}
        {%- set values -%}
            select
                {%- for expression, column in feed.link %}
                {{ expression }} as {{ adapter.quote(column) }}{{ ',' if not loop.last }}
                {%- endfor %}
            from ({{ dbt_change_feed.changed_rows(feed) }})
        {%- endset -%}
        {%- set columns = feed.link | map('last') | list -%}
        {%- set queries = by_columns.setdefault(columns | join(', '), {'columns': columns, 'queries': []}) -%}
        {%- do queries.queries.append(values) -%}
    {%- endfor -%}

    {%- set units = [] -%}
    {%- for each in by_columns.values() -%}
        {%- set name = dbt_change_feed.scratch('units_' ~ loop.index) -%}
        {%- do dbt_change_feed.keep(name, 'select distinct * from (' ~ each.queries | join(' union all ') ~ ')') -%}
        {%- set facts = dbt_change_feed.rows_of(
            'select count(*) as row_count' ~ dbt_change_feed.extent(each.columns) ~ ' from ' ~ name
        ) -%}
        {%- if facts[0].row_count -%}
            {%- do units.append({
                'name': name,
                'columns': each.columns,
                'count': facts[0].row_count,
                'bounds': dbt_change_feed.bounds(each.columns, facts[0])
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(units) -}}
{% endmacro %}
