{% macro merge_sql(columns, key, changes, found) %}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- set bounds = dbt_change_feed.bounds(key, found) -%}
    {%- set partitions = dbt_change_feed.as_list(config.get('partition_by')) -%}
    merge into {{ this }} as t
    using (
        select {{ dbt_change_feed.quoted(names) }}, false as _is_gone
        from {{ changes }}
        where _sign > 0
        {%- if found.removed %}
        union all
        select {{ dbt_change_feed.quoted(names) }}, true as _is_gone
        from {{ changes }} as o
        where
            _sign < 0
            and not exists (
                select 1 from {{ changes }} as n
                where n._sign > 0 and {{ dbt_change_feed.same(key, 'n.', 'o.') }}
            )
        {%- endif %}
    ) as s
    on
        {{ dbt_change_feed.same(key, 't.', 's.') }}
        and {{ dbt_change_feed.within(bounds, 't.') }}
        {%- if partitions %}
        and {{ dbt_change_feed.one_of(partitions, changes, columns, 't.') }}
        {%- endif %}
    {#- Without `when matched`, Delta sorts all keys of the table instead of broadcasting the new ones. -#}
    when matched and s._is_gone then delete
    when matched then update set
        {%- for column in names %}
        t.{{ adapter.quote(column) }} = s.{{ adapter.quote(column) }}{{ ',' if not loop.last }}
        {%- endfor %}
    when not matched and not s._is_gone then insert ({{ dbt_change_feed.quoted(names) }})
        values ({{ dbt_change_feed.quoted(names, 's.') }})
{% endmacro %}
