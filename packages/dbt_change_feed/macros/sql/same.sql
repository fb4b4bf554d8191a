{% macro same(columns, left, right) %}
    {%- set conditions = [] -%}
    {%- for column in columns -%}
        {%- set name = adapter.quote(column) -%}
        {%- do conditions.append(left ~ name ~ ' <=> ' ~ right ~ name) -%}
    {%- endfor -%}
    {{- return(conditions | join(' and ')) -}}
{% endmacro %}
