{% test expect_column_values_to_match_like_pattern_list(
    model, column_name, like_pattern_list, match_on="any", row_condition=None
) %}
{%- set conditions = [] -%}
{%- for pattern in dbt_expectations.as_list(like_pattern_list) -%}
    {%- do conditions.append(
        column_name ~ ' like ' ~ dbt_expectations.string_literal(pattern)
    ) -%}
{%- endfor %}
{{ dbt_expectations.failing_rows(
    model,
    condition=dbt_expectations.match_all_or_any(conditions, match_on),
    observed=column_name,
    row_condition=row_condition,
) }}
{% endtest %}
