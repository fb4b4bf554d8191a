{{ config(
    unique_key=['order_id', 'valid_from'],
    changes_by={'stg_orders': 'order_id'},
) }}

with

states as (

    select
        order_id,
        updated_at as valid_from,
        max(struct(amount, customer_id)) as state

    from {{ ref('stg_orders') }}
    group by order_id, updated_at

)

select
    order_id,
    state.amount,
    state.customer_id,
    valid_from,
    lead(valid_from) over (
        partition by order_id
        order by valid_from
    ) as valid_to
from states
