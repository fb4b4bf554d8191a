{% macro one_of(names, table, columns, of='') %}
    {#- The values of these columns in a small table, as literals; `true` if there are many. -#}
    {%- set types = {} -%}
    {%- for column in columns -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- endfor -%}
    {%- set casts = [] -%}
    {%- for column in names -%}
        {%- do casts.append('cast(' ~ adapter.quote(column) ~ ' as string) as v' ~ loop.index) -%}
    {%- endfor -%}
    {%- set rows = dbt_change_feed.rows_of(
        'select distinct ' ~ casts | join(', ') ~ ' from ' ~ table ~ ' limit 1001'
    ) -%}
    {%- if rows | length > 1000 -%}
        {{- return('true') -}}
    {%- endif -%}
    {%- set conditions = [] -%}
    {%- for row in rows -%}
        {%- set equal = [] -%}
        {%- for column in names -%}
            {%- set value = row['v' ~ loop.index] -%}
            {%- set name = of ~ adapter.quote(column) -%}
            {%- do equal.append(
                name ~ ' is null' if value is none
                else name ~ ' = ' ~ dbt_change_feed.literal(value, types[column | lower])
            ) -%}
        {%- endfor -%}
        {%- do conditions.append(equal | join(' and ')) -%}
    {%- endfor -%}
    {{- return('(' ~ conditions | join(' or ') ~ ')' if conditions else 'false') -}}
{% endmacro %}
