{% macro table_property(relation, name) %}
    {%- call statement('table_property', fetch_result=True) -%}
        show tblproperties {{ relation }} ({{ sql_string(name) }})
    {%- endcall -%}
    {{- return(load_result('table_property')['data'][0][1]) -}}
{% endmacro %}
