{% test expect_select_column_values_to_be_unique_within_record(
    model,
    column_list,
    quote_columns=False,
    ignore_row_if="all_values_are_missing",
    row_condition=None
) %}
{%- set columns = dbt_expectations.listed_columns(
    column_list, quote_columns
) -%}
{%- set values = 'array(' ~ columns | join(', ') ~ ')' %}
select
    {{ dbt_expectations.string_literal(
        'different values in ' ~ columns | join(', ')
    ) }} as expected,
    cast({{ values }} as string) as observed,
    {{ dbt_expectations.record() }} as record
from {{ model }}
{{ dbt_expectations.where_all(
    row_condition,
    dbt_expectations.rows_to_check(columns, ignore_row_if),
    'size(array_distinct(' ~ values ~ ')) < ' ~ columns | length
) }}
{% endtest %}
