{% test expect_compound_columns_to_be_unique(
    model,
    column_list,
    quote_columns=False,
    ignore_row_if="all_values_are_missing",
    row_condition=None
) %}
{{ dbt_expectations.duplicate_keys(
    model,
    dbt_expectations.listed_columns(column_list, quote_columns),
    ignore_row_if,
    row_condition,
) }}
{% endtest %}
