{% test expression_between(
    model,
    expression,
    min_value=None,
    max_value=None,
    group_by_columns=None,
    row_condition=None,
    strictly=False
) %}
{{ dbt_expectations.expression_between(
    model,
    expression,
    min_value,
    max_value,
    group_by_columns,
    row_condition,
    strictly
) }}
{% endtest %}

{% macro expression_between(
    model,
    expression,
    min_value=none,
    max_value=none,
    group_by_columns=none,
    row_condition=none,
    strictly=false
) %}
{%- set bounds = (min_value, max_value, strictly) %}
{{ dbt_expectations.failing_aggregates(
    model,
    expression,
    expected=dbt_expectations.between(expression, *bounds),
    condition=dbt_expectations.between('observed', *bounds),
    group_by=group_by_columns,
    row_condition=row_condition,
) }}
{% endmacro %}
