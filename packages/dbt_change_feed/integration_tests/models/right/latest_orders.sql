{{ config(unique_key='order_id', partition_by='order_month') }}

with

ranked as (

    select
        *,
        row_number() over (
            partition by order_id
            order by updated_at desc, struct(amount, customer_id, file) desc
        ) as latest_rank

    from {{ ref('stg_orders') }}

)

select
    order_id,
    customer_id,
    amount,
    order_date,
    order_month
from ranked
where latest_rank = 1
