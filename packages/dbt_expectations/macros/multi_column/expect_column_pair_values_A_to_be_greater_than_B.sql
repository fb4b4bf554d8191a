{% test expect_column_pair_values_A_to_be_greater_than_B(
    model, column_A, column_B, or_equal=False, row_condition=None
) %}
{%- set operator = '>=' if or_equal else '>' %}
{{ dbt_expectations.failing_rows(
    model,
    condition=column_A ~ ' ' ~ operator ~ ' ' ~ column_B,
    observed='struct(' ~ column_A ~ ', ' ~ column_B ~ ')',
    row_condition=row_condition,
) }}
{% endtest %}
