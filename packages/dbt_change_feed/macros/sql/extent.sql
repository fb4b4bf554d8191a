{% macro extent(columns) %}
    {#- Null has a type, too, so `typeof` needs no rows. -#}
    {%- for column in columns %},
    typeof(any_value({{ adapter.quote(column) }})) as type_{{ loop.index }},
    cast(min({{ adapter.quote(column) }}) as string) as low_{{ loop.index }},
    cast(max({{ adapter.quote(column) }}) as string) as high_{{ loop.index }},
    count_if({{ adapter.quote(column) }} is null) as nulls_{{ loop.index }}
    {%- endfor %}
{% endmacro %}
