{% macro rows_of(sql) %}
    {%- call statement('change_feed_rows', fetch_result=True) -%}
        {{ sql }}
    {%- endcall -%}
    {%- set result = load_result('change_feed_rows') -%}
    {%- set rows = [] -%}
    {%- for row in result['data'] -%}
        {%- do rows.append(dict(zip(result['table'].column_names, row))) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{% endmacro %}
