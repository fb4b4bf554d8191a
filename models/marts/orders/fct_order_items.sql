{{ config(
    materialized='change_feed',
    partition_by='order_month',
    changes_by={
        'int_order_items': 'order_id',
        'int_orders': 'order_id',
        'dim_products_history': 'product_id'
    }
) }}

with

items as (

    select * from {{ ref('int_order_items') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

product_versions as (

    select * from {{ ref('dim_products_history') }}

),

priced as (

    select
        items.order_id,
        items.line_no,
        orders.customer_id,
        items.product_id,
        items.recorded_product_id,
        coalesce(product_versions.category, 'unknown') as category,
        orders.order_status,
        items.quantity,
        items.unit_price,
        items.gross_amount,
        items.discount_amount,
        items.net_amount as revenue,
        cast(items.quantity * product_versions.unit_cost as decimal(28, 2))
            as cost,
        orders.order_status = 'cancelled' as is_cancelled,
        orders.ordered_at,
        product_versions.valid_from as product_valid_from,
        to_date(orders.ordered_at) as order_date

    from items
    inner join orders
        on items.order_id = orders.order_id
    left join product_versions
        on
            items.product_id = product_versions.product_id
            and {{ valid_at('product_versions', 'to_date(orders.ordered_at)') }}

),

facts as (

    select
        *,
        cast(revenue - cost as decimal(28, 2)) as margin,
        trunc(order_date, 'month') as order_month

    from priced

),

one_file_each_month as (

    select * from facts
    distribute by order_month
    sort by order_month, customer_id

)

select * from one_file_each_month
