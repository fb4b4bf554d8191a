{% macro rows_of_units(columns, query, units) %}
    {#- Each list of values is a filter of its own, which Spark pushes down to the scans. -#}
    {%- for unit in units %}
    select {{ dbt_change_feed.quoted(columns, 'r.') }}
    from {{ query }} as r
    where
        {{ dbt_change_feed.within(unit.bounds, 'r.') }}
        and exists (
            select 1 from {{ unit.name }} as u
            where {{ dbt_change_feed.same(unit.columns, 'u.', 'r.') }}
        )
        {%- for earlier in units[:loop.index0] %}
        and not exists (
            select 1 from {{ earlier.name }} as u
            where {{ dbt_change_feed.same(earlier.columns, 'u.', 'r.') }}
        )
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
