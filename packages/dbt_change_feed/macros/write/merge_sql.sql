{% macro merge_sql(columns, key, changes, removed) %}
    {%- set facts = dbt_change_feed.rows_of(dbt_change_feed.extent(changes, key))[0] -%}
    {%- set types = dbt_change_feed.types_of(changes) -%}
    {%- set bounds = dbt_change_feed.bounds(types, key, facts) -%}
    {%- set partitions = dbt_change_feed.as_list(config.get('partition_by')) -%}
    merge into {{ this }} as t
    using (
        select {{ dbt_change_feed.quoted(columns) }}, false as _is_gone
        from {{ changes }}
        where _sign > 0
        union all
        select {{ dbt_change_feed.quoted(columns) }}, true as _is_gone
        from {{ changes }} as o
        where
            _sign < 0
            and not exists (
                select 1 from {{ changes }} as n
                where n._sign > 0 and {{ dbt_change_feed.same(key, 'n.', 'o.') }}
            )
    ) as s
    on
        {{ dbt_change_feed.same(key, 't.', 's.') }}
        and {{ dbt_change_feed.within(bounds, 't.') }}
        {%- if partitions %}
        and {{ dbt_change_feed.one_of(partitions, changes, types, 't.') }}
        {%- endif %}
    {#- A MERGE that only inserts writes no file anew. -#}
    {%- if removed %}
    when matched and s._is_gone then delete
    when matched then update set
        {%- for column in columns %}
        t.{{ adapter.quote(column) }} = s.{{ adapter.quote(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- endif %}
    when not matched and not s._is_gone then insert ({{ dbt_change_feed.quoted(columns) }})
        values ({{ dbt_change_feed.quoted(columns, 's.') }})
{% endmacro %}
