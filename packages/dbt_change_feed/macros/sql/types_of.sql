{% macro types_of(table) %}
    {%- set types = {} -%}
    {%- for column in dbt_change_feed.columns_of('select * from ' ~ table) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {{- return(types) -}}
{% endmacro %}
