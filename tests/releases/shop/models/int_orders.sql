{{ config(schema='silver', access='protected', contract={'enforced': false}) }}
select
    order_id,
    amount
from values {{ var('orders') }} as orders (order_id, amount)
