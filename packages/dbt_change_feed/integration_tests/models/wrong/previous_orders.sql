{# Wrong: the previous order of a customer is another order. #}
{{ config(unique_key='order_id') }}

select
    order_id,
    lag(amount) over (
        partition by customer_id
        order by order_date, order_id
    ) as previous_amount
from {{ ref('latest_orders') }}
