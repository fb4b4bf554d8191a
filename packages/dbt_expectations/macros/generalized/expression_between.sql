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
{{ dbt_expectations.failing_aggregates(
    model,
    expression,
    condition=dbt_expectations.between(
        expression, min_value, max_value, strictly
    ),
    group_by=group_by_columns,
    row_condition=row_condition,
) }}
{% endmacro %}
