{% macro add_columns_sql(target, columns) %}
    alter table {{ target }} add columns (
        {%- for column in columns %}
        {{ adapter.quote(column.name) }} {{ column.data_type }} {{ dbt_change_feed.column_comment(column) }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{% endmacro %}
