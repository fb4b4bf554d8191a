{% test expect_column_distinct_values_to_be_in_set(
    model, column_name, value_set, quote_values=True, row_condition=None
) %}
{%- set values = dbt_expectations.set_values(value_set, quote_values) %}
select
    {{ dbt_expectations.string_literal('one of ' ~ values | join(', ')) }}
        as expected,
    cast({{ column_name }} as string) as observed,
    to_json(named_struct('n_records', count(*))) as record
from {{ model }}
{{ dbt_expectations.where_all(
    row_condition, 'not ' ~ dbt_expectations.in_set(column_name, values)
) }}
group by {{ column_name }}
{% endtest %}
