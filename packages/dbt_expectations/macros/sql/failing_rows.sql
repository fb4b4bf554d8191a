{% macro failing_rows(
    model, condition, observed, row_condition=none, expected=none
) %}
select
    {{ dbt_expectations.string_literal(expected or condition) }} as expected,
    cast({{ observed }} as string) as observed,
    {{ dbt_expectations.record() }} as record
from {{ model }}
{{ dbt_expectations.where_all(row_condition, 'not (' ~ condition ~ ')') }}
{% endmacro %}
