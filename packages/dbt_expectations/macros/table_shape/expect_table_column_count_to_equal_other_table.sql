{% test expect_table_column_count_to_equal_other_table(model, compare_model) %}
{{ dbt_expectations.test_expect_table_column_count_to_equal(
    model, dbt_expectations.columns_of(compare_model) | length
) }}
{% endtest %}
