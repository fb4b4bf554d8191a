{% test expect_column_values_to_be_null(
    model, column_name, row_condition=None
) %}
{{ dbt_expectations.failing_rows(
    model,
    condition=column_name ~ ' is null',
    observed=column_name,
    row_condition=row_condition,
) }}
{% endtest %}
