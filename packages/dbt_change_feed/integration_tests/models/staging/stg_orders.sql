select
    order_id,
    nullif(trim(customer), '') as customer_id,
    amount,
    order_date,
    trunc(order_date, 'month') as order_month,
    updated_at,
    file
from {{ source('raw', 'orders') }}
where not is_test
