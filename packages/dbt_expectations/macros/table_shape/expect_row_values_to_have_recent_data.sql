{% test expect_row_values_to_have_recent_data(
    model, column_name, datepart, interval, row_condition=None
) %}
{{ dbt_expectations.test_expect_grouped_row_values_to_have_recent_data(
    model,
    group_by=none,
    timestamp_column=column_name,
    datepart=datepart,
    interval=interval,
    row_condition=row_condition,
) }}
{% endtest %}
