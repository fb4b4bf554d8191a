{% test expression_is_true(
    model,
    expression,
    test_condition="= true",
    group_by_columns=None,
    row_condition=None
) %}
{{ dbt_expectations.expression_is_true(
    model, expression, test_condition, group_by_columns, row_condition
) }}
{% endtest %}

{% macro expression_is_true(
    model,
    expression,
    test_condition='= true',
    group_by_columns=none,
    row_condition=none
) %}
{{ dbt_expectations.failing_aggregates(
    model,
    expression,
    condition='(' ~ expression | trim ~ ') ' ~ test_condition,
    group_by=group_by_columns,
    row_condition=row_condition,
) }}
{% endmacro %}
