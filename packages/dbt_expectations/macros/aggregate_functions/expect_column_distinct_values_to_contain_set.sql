{% test expect_column_distinct_values_to_contain_set(
    model, column_name, value_set, quote_values=True, row_condition=None
) %}
{%- set values = dbt_expectations.set_values(value_set, quote_values) %}
with observed as (

    select distinct {{ column_name }} as value
    from {{ model }}
    {{ dbt_expectations.where_all(
        row_condition, dbt_expectations.in_set(column_name, values)
    ) }}

),

expected as (

    select explode(array_distinct(array({{ values | join(', ') }}))) as value

)

select
    cast(expected.value as string) as expected,
    'not found' as observed
from expected
left anti join observed
    on expected.value <=> observed.value
{% endtest %}
