{% test expect_column_distinct_count_to_equal_other_table(
    model,
    compare_model,
    column_name,
    compare_column_name,
    row_condition=None,
    compare_row_condition=None
) %}
{{ dbt_expectations.equal_expression(
    model,
    expression='count(distinct ' ~ column_name ~ ')',
    compare_model=compare_model,
    compare_expression='count(distinct '
        ~ (compare_column_name or column_name) ~ ')',
    row_condition=row_condition,
    compare_row_condition=compare_row_condition,
) }}
{% endtest %}
