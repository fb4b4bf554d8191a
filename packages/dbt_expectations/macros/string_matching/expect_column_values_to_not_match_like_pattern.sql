{% test expect_column_values_to_not_match_like_pattern(
    model, column_name, like_pattern, row_condition=None
) %}
{{ dbt_expectations.test_expect_column_values_to_not_match_like_pattern_list(
    model, column_name, [like_pattern], row_condition=row_condition
) }}
{% endtest %}
