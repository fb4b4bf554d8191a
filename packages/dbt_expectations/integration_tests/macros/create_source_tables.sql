{% macro create_source_tables() %}
create or replace table {{ target.schema }}.raw_payments using delta as
select *
from values
    (1, 'card', 10.00),
    (2, 'cash', 20.00),
    (3, null, -5.00)
    as payment (payment_id, method, amount)
{% endmacro %}
