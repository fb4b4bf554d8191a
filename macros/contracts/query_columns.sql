{% macro query_columns(sql) %}
    {%- call statement('query_columns', fetch_result=True) -%}
        describe query
        {{ sql }}
    {%- endcall -%}
    {%- set columns = [] -%}
    {%- for name, data_type, _ in load_result('query_columns')['data'] -%}
        {%- do columns.append({
            'name': name,
            'data_type': data_type,
            'formatted': name | lower ~ ' ' ~ data_type
        }) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}
