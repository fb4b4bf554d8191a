{% test expect_column_values_to_be_unique(
    model, column_name, row_condition=None
) %}
{{ dbt_expectations.duplicate_keys(
    model,
    [column_name],
    ignore_row_if='all_values_are_missing',
    row_condition=row_condition,
) }}
{% endtest %}
