{% macro keyed_aggregate(model, expression, keys, row_condition) %}
    select
        {{ expression }} as value
        {%- if keys %},
        {{ dbt_expectations.record(keys) }} as record
        {%- endif %}
        {%- for key in keys %},
        {{ key }} as key_{{ loop.index }}
        {%- endfor %}
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}
    {%- if keys %}
    group by {{ keys | join(', ') }}
    {%- endif %}
{% endmacro %}
