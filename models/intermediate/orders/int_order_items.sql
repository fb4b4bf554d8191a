{{ config(
    materialized='change_feed',
    unique_key=['order_id', 'line_no'],
    changes_by={
        'stg_shop__order_items': ['order_id', 'line_no'],
        'int_orders': 'order_id',
        'int_products': {'product_id': 'recorded_product_id'}
    }
) }}

with

items as (

    select * from {{ ref('int_order_items_checked') }}

),

products as (

    select * from {{ ref('int_products') }}

),

priced as (

    select
        * except (discount_amount),
        cast(quantity * unit_price as decimal(28, 2)) as gross_amount,
        coalesce(discount_amount, 0) as discount_amount

    from items
    where rejection_reason is null

),

referenced as (

    select
        priced.order_id,
        priced.line_no,
        coalesce(products.product_id, 'unknown') as product_id,
        priced.recorded_product_id,
        priced.quantity,
        priced.unit_price,
        priced.gross_amount,
        priced.discount_amount,
        cast(
            priced.gross_amount - priced.discount_amount as decimal(28, 2)
        ) as net_amount,
        priced.updated_at

    from priced
    left join products
        on priced.recorded_product_id = products.product_id

)

select * from referenced
