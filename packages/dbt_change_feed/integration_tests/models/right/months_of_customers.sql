{# The partitions of the rows that the values of another column touch. #}
{{ config(
    partition_by='order_month', changes_by={'latest_orders': 'customer_id'}
) }}

select
    customer_id,
    order_month,
    amount,
    sum(amount) over (
        partition by customer_id
        order by order_date, order_id
        rows unbounded preceding
    ) as amount_so_far
from {{ ref('latest_orders') }}
