{% test equal_expression(
    model,
    expression,
    compare_model=None,
    compare_expression=None,
    group_by=None,
    compare_group_by=None,
    row_condition=None,
    compare_row_condition=None,
    tolerance=0.0,
    tolerance_percent=None
) %}
{{ dbt_expectations.equal_expression(
    model,
    expression,
    compare_model,
    compare_expression,
    group_by,
    compare_group_by,
    row_condition,
    compare_row_condition,
    tolerance,
    tolerance_percent
) }}
{% endtest %}

{% macro equal_expression(
    model,
    expression,
    compare_model=none,
    compare_expression=none,
    group_by=none,
    compare_group_by=none,
    row_condition=none,
    compare_row_condition=none,
    tolerance=0.0,
    tolerance_percent=none
) %}
{%- set left = {
    'model': model,
    'expression': expression,
    'keys': dbt_expectations.as_list(group_by),
    'row_condition': row_condition,
} -%}
{%- set right = {
    'model': compare_model or model,
    'expression': compare_expression or expression,
    'keys': dbt_expectations.as_list(compare_group_by or group_by),
    'row_condition': compare_row_condition or row_condition,
} -%}
{%- set in_one_scan = left.model | string == right.model | string
    and left['keys'] == right['keys']
    and left.row_condition == right.row_condition %}
select
    cast(expected as string) as expected,
    cast(observed as string) as observed
    {%- if left['keys'] %},
    record
    {%- endif %}
from (
    {%- if in_one_scan %}
    select
        {{ expression }} as observed,
        {{ right.expression }} as expected
        {%- if left['keys'] %},
        {{ dbt_expectations.record(left['keys']) }} as record
        {%- endif %}
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}
    {%- if left['keys'] %}
    group by {{ left['keys'] | join(', ') }}
    {%- endif %}
    {%- else %}
    select
        left_side.value as observed,
        right_side.value as expected
        {%- if left['keys'] %},
        coalesce(left_side.record, right_side.record) as record
        {%- endif %}
    from ({{ dbt_expectations.keyed_aggregate(**left) }}) as left_side
    full outer join (
    {{- dbt_expectations.keyed_aggregate(**right) }}) as right_side
        on {% for key in left['keys'] -%}
            left_side.key_{{ loop.index }} <=> right_side.key_{{ loop.index }}
            {{- ' and ' if not loop.last }}
        {%- else %}true{% endfor %}
    {%- endif %}
)
where {{ dbt_expectations.differ(tolerance, tolerance_percent) }}
{% endmacro %}
