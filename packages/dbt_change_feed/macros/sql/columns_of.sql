{% macro columns_of(sql) %}
    {%- set columns = [] -%}
    {%- for row in dbt_change_feed.rows_of('describe query ' ~ sql) -%}
        {%- do columns.append({
            'name': row.col_name,
            'data_type': row.data_type,
            'formatted': row.col_name | lower ~ ' ' ~ row.data_type
        }) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}
