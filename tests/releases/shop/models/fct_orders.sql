select
    order_id,
    amount
from {{ ref('int_orders') }}
