{{ config(partition_by=['order_month']) }}

select
    order_month,
    segment,
    count(*) as orders,
    sum(amount) as amount
from {{ ref('orders_enriched') }}
group by order_month, segment
