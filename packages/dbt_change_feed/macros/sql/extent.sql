{% macro extent(table, columns) %}
    select
        count(*) as row_count
        {%- for column in columns %},
        cast(min({{ adapter.quote(column) }}) as string) as low_{{ loop.index }},
        cast(max({{ adapter.quote(column) }}) as string) as high_{{ loop.index }},
        count_if({{ adapter.quote(column) }} is null) as nulls_{{ loop.index }}
        {%- endfor %}
    from {{ table }}
{% endmacro %}
