{% test expect_column_values_to_match_regex(
    model, column_name, regex, row_condition=None, is_raw=False, flags=""
) %}
{{ dbt_expectations.test_expect_column_values_to_match_regex_list(
    model,
    column_name,
    [regex],
    row_condition=row_condition,
    is_raw=is_raw,
    flags=flags,
) }}
{% endtest %}
