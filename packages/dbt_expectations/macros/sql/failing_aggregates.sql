{% macro failing_aggregates(
    model, expression, expected, condition, group_by=none, row_condition=none
) %}
{%- set group_by = dbt_expectations.as_list(group_by) %}
select
    {{ dbt_expectations.string_literal(expected) }} as expected,
    cast(observed as string) as observed
    {%- if group_by %},
    record
    {%- endif %}
from (
    select
        {{ expression }} as observed
        {%- if group_by %},
        {{ dbt_expectations.record(group_by) }} as record
        {%- endif %}
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}
    {%- if group_by %}
    group by {{ group_by | join(', ') }}
    {%- endif %}
)
where not ({{ condition }})
{% endmacro %}
