{% test expect_column_values_to_be_between(
    model,
    column_name,
    min_value=None,
    max_value=None,
    row_condition=None,
    strictly=False
) %}
{{ dbt_expectations.failing_rows(
    model,
    condition=dbt_expectations.between(
        column_name, min_value, max_value, strictly
    ),
    observed=column_name,
    row_condition=row_condition,
) }}
{% endtest %}
