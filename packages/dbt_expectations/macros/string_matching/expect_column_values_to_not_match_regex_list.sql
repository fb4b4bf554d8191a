{% test expect_column_values_to_not_match_regex_list(
    model,
    column_name,
    regex_list,
    match_on="any",
    row_condition=None,
    is_raw=False,
    flags=""
) %}
{%- set conditions = [] -%}
{%- for regex in dbt_expectations.as_list(regex_list) -%}
    {%- do conditions.append(
        column_name ~ ' not rlike '
        ~ dbt_expectations.regex_literal(regex, is_raw, flags)
    ) -%}
{%- endfor %}
{{ dbt_expectations.failing_rows(
    model,
    condition=dbt_expectations.match_all_or_any(conditions, match_on),
    observed=column_name,
    row_condition=row_condition,
) }}
{% endtest %}
