{% macro declared_column(column) %}
    {%- for name, declared in model.columns.items() if name | lower == column.name | lower -%}
        {{- return(declared) -}}
    {%- endfor -%}
    {{- return({}) -}}
{% endmacro %}
