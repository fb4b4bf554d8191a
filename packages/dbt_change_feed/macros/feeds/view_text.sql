{% macro view_text(relation) %}
    {%- for row in dbt_change_feed.rows_of('describe extended ' ~ relation.render())
        if row.col_name == 'View Text' -%}
        {{- return(row.data_type) -}}
    {%- endfor -%}
{% endmacro %}
