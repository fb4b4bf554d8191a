{% macro table_property(relation, name) %}
    {%- for row in dbt_change_feed.rows_of('show tblproperties ' ~ relation) if row.key == name -%}
        {{- return(row.value) -}}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}
