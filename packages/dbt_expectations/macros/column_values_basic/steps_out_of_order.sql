{% macro steps_out_of_order(
    model,
    column_name,
    sort_column,
    strictly,
    row_condition,
    group_by,
    step,
    descending
) %}
{%- set direction = ' desc' if descending else '' -%}
{%- set operator = ('<' if descending else '>') ~ ('' if strictly else '=') -%}
{%- set keys = dbt_expectations.as_list(group_by) -%}
{#- Rows with equal sort_column are ordered by their value. -#}
{%- set order = [column_name ~ direction] -%}
{%- do order.insert(0, sort_column) if sort_column %}
with steps as (

    select
        {{ column_name }} as observed,
        lag({{ column_name }}) over (
            {%- if keys %}
            partition by {{ keys | join(', ') }}
            {%- endif %}
            order by {{ order | join(', ') }}
        ) as previous,
        {{ dbt_expectations.record() }} as record
    from {{ model }}
    {{ dbt_expectations.where_all(
        row_condition, column_name ~ ' is not null'
    ) }}

)

select
    concat('{{ operator }} ', cast(previous as string)
        {%- if step is not none %}, ' by {{ step }}'{% endif %}) as expected,
    cast(observed as string) as observed,
    record
from steps
where not (
    observed {{ operator }} previous
    {%- if step is not none %}
    and {{ 'previous - observed' if descending else 'observed - previous' }}
        = {{ step }}
    {%- endif %}
)
{% endmacro %}
