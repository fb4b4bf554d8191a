{% macro link(value) %}
    {#- [(expression over the upstream, column of this model)] -#}
    {%- if value is mapping -%}
        {{- return(value.items() | list) -}}
    {%- endif -%}
    {%- set pairs = [] -%}
    {%- for column in dbt_change_feed.as_list(value) -%}
        {%- do pairs.append([adapter.quote(column), column]) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{% endmacro %}
