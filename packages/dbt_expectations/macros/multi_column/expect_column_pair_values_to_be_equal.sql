{% test expect_column_pair_values_to_be_equal(
    model, column_A, column_B, row_condition=None
) %}
{{ dbt_expectations.failing_rows(
    model,
    condition=column_A ~ ' = ' ~ column_B,
    observed='struct(' ~ column_A ~ ', ' ~ column_B ~ ')',
    row_condition=row_condition,
) }}
{% endtest %}
