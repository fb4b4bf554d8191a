{{ config(
    unique_key='order_id',
    changes_by={
        'latest_orders': 'order_id',
        'customers': {'customer_id': 'recorded_customer_id'},
    },
) }}

select
    orders.order_id,
    coalesce(customers.customer_id, 'unknown') as customer_id,
    orders.customer_id as recorded_customer_id,
    coalesce(customers.segment, 'unknown') as segment,
    bands.band,
    orders.amount,
    orders.order_month
from {{ ref('latest_orders') }} as orders
left join {{ ref('customers') }} as customers
    on orders.customer_id = customers.customer_id
left join {{ ref('bands') }} as bands
    on orders.amount between bands.low and bands.high
