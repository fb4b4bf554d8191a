{% macro column_names(columns, transform=none) %}
    {%- set names = [] -%}
    {%- for column in dbt_expectations.as_list(columns) -%}
        {%- set name = column if column is string else column['name'] -%}
        {%- do names.append(name.strip('`')) -%}
    {%- endfor -%}
    {{- return(names | map(transform) | list if transform else names) -}}
{% endmacro %}
