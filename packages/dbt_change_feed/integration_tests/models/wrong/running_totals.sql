{# Wrong: a running total depends on the months before. #}
{{ config(partition_by='order_month') }}

select
    order_month,
    sum(sum(amount)) over (order by order_month) as amount_so_far
from {{ ref('latest_orders') }}
group by order_month
