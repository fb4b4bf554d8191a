{% macro changed_rows(feed) %}
    {#- A commit is read whole or not at all, so what differs is netted within each commit. -#}
    {%- set feed_of_table -%}
        table_changes_by_path({{ dbt_change_feed.string(feed.path) }}, {{ feed.since }}, {{ feed.version }})
    {%- endset -%}
    {%- set rows -%}
        {%- if feed.only_inserts -%}
            select * except (_change_type, _commit_version, _commit_timestamp)
            from {{ feed_of_table }}
        {%- else -%}
            select * except (_commit_version, _sign)
            from (
                select
                    * except (_change_type, _commit_timestamp, _sign),
                    sum(_sign) as _sign
                from (
                    select
                        *,
                        if(_change_type in ('insert', 'update_postimage'), 1, -1) as _sign
                    from {{ feed_of_table }}
                )
                group by all
                having sum(_sign) <> 0
            )
        {%- endif -%}
    {%- endset -%}
    {{- return(dbt_change_feed.with_name_replaced(feed.view, feed.table, rows) if feed.view else rows) -}}
{% endmacro %}
