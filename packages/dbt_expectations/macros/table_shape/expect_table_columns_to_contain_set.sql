{% test expect_table_columns_to_contain_set(
    model, column_list, transform="upper"
) %}
{{ dbt_expectations.column_set_differences(
    model, column_list, transform, allow_others=true
) }}
{% endtest %}
