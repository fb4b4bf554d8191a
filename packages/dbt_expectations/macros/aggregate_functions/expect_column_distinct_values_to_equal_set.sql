{% test expect_column_distinct_values_to_equal_set(
    model, column_name, value_set, quote_values=True, row_condition=None
) %}
{%- set values = dbt_expectations.set_values(value_set, quote_values) %}
with observed as (

    select distinct
        {{ column_name }} as value,
        true as is_observed
    from {{ model }}
    {{ dbt_expectations.where_all(row_condition) }}

),

expected as (

    select
        explode(array_distinct(array({{ values | join(', ') }}))) as value,
        true as is_expected

)

select
    if(
        is_expected, cast(expected.value as string), 'not in the set'
    ) as expected,
    if(is_observed, cast(observed.value as string), 'not found') as observed
from observed
full outer join expected
    on observed.value <=> expected.value
where is_observed is null or is_expected is null
{% endtest %}
