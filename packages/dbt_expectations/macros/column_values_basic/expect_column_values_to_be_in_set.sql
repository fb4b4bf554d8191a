{% test expect_column_values_to_be_in_set(
    model, column_name, value_set, quote_values=True, row_condition=None
) %}
{%- set values = dbt_expectations.set_values(value_set, quote_values) %}
{{ dbt_expectations.failing_rows(
    model,
    condition=dbt_expectations.in_set(column_name, values),
    observed=column_name,
    row_condition=row_condition,
    expected='one of ' ~ values | join(', '),
) }}
{% endtest %}
