{% macro failing_aggregates(
    model,
    expression,
    condition,
    group_by=none,
    row_condition=none,
    expected=none
) %}
{%- set group_by = dbt_expectations.as_list(group_by) %}
select
    {{ dbt_expectations.string_literal(expected or condition) }} as expected,
    cast(observed as string) as observed
    {%- if group_by %},
    record
    {%- endif %}
from (
    select
        {{ expression }} as observed,
        {{ condition }} as is_met
        {%- if group_by %},
        {{ dbt_expectations.record(group_by) }} as record
        {%- endif %}
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}
    {%- if group_by %}
    group by {{ group_by | join(', ') }}
    {%- endif %}
)
where not is_met
{% endmacro %}
