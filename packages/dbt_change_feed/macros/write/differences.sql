{% macro differences(columns, units) %}
    {%- set names = dbt_change_feed.quoted(columns) -%}
    select {{ names }}, sum(_sign) as _sign
    from (
        select *, 1 as _sign from (
            {{ dbt_change_feed.rows_of_units(columns, '(' ~ compiled_code ~ '\n)', units) }}
        )
        union all
        select *, -1 as _sign from (
            {{ dbt_change_feed.rows_of_units(columns, this, units) }}
        )
    )
    group by {{ names }}
    having sum(_sign) <> 0
{% endmacro %}
