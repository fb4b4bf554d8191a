{% test expect_column_value_lengths_to_equal(
    model, column_name, value, row_condition=None
) %}
{{ dbt_expectations.failing_rows(
    model,
    condition='length(' ~ column_name ~ ') = ' ~ value,
    observed=column_name,
    row_condition=row_condition,
) }}
{% endtest %}
