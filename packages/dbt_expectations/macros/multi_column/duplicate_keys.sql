{% macro duplicate_keys(model, columns, ignore_row_if, row_condition) %}
select
    '1 record' as expected,
    concat(count(*), ' records') as observed,
    {{ dbt_expectations.record(columns) }} as record
from {{ model }}
{{ dbt_expectations.where_all(
    row_condition, dbt_expectations.rows_to_check(columns, ignore_row_if)
) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endmacro %}
