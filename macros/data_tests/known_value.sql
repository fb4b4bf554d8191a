{% test known_value(model, column_name) %}
{{ config(severity='warn', fail_calc='coalesce(sum(row_count), 0)') }}

select
    {{ column_name }} as unknown_value,
    count(*) as row_count

from {{ model }}
where {{ column_name }} not in (
    select known_value
    from {{ ref('known_values') }}
    where column_name = '{{ column_name }}'
)
group by {{ column_name }}
{% endtest %}
