{% macro quoted(columns, of='') %}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- do names.append(of ~ adapter.quote(column)) -%}
    {%- endfor -%}
    {{- return(names | join(', ')) -}}
{% endmacro %}
