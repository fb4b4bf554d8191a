{% macro bounds(columns, facts) %}
    {#- Ranges that hold all values, by which Delta leaves out files. -#}
    {%- set ranges = [] -%}
    {%- for column in columns -%}
        {%- set data_type = facts['type_' ~ loop.index] -%}
        {%- set low, high, nulls = facts['low_' ~ loop.index], facts['high_' ~ loop.index], facts['nulls_' ~ loop.index] -%}
        {%- if low is not none and modules.re.fullmatch(
            'string|date|tinyint|smallint|int|bigint|decimal\\(.*\\)', data_type
        ) -%}
            {%- do ranges.append({
                'column': column,
                'low': dbt_change_feed.literal(low, data_type),
                'high': dbt_change_feed.literal(high, data_type),
                'nulls': nulls
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(ranges) -}}
{% endmacro %}
