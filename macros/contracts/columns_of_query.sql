{% macro columns_of_query(sql) %}
    {%- call statement('columns_of_query', fetch_result=True) -%}
        describe query
        {{ sql }}
    {%- endcall -%}
    {%- set columns = [] -%}
    {%- for name, data_type, _ in load_result('columns_of_query')['data'] -%}
        {%- do columns.append({
            'name': name,
            'data_type': data_type,
            'formatted': name | lower ~ ' ' ~ data_type
        }) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}
