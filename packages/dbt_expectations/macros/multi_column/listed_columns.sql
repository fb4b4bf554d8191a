{% macro listed_columns(column_list, quote_columns) %}
    {%- set columns = dbt_expectations.as_list(column_list) -%}
    {%- if not quote_columns -%}
        {{- return(columns) -}}
    {%- endif -%}
    {%- set quoted = [] -%}
    {%- for column in columns -%}
        {%- do quoted.append(dbt_expectations.quoted(column)) -%}
    {%- endfor -%}
    {{- return(quoted) -}}
{% endmacro %}
