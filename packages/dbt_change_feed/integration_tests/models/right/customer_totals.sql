{{ config(unique_key='customer_id') }}

select
    customer_id,
    count(*) as orders,
    sum(amount) as amount,
    max(order_month) as last_month
from {{ ref('orders_enriched') }}
group by customer_id
