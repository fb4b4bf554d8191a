{{ config(materialized='view') }}

with

items as (

    select * from {{ ref('stg_shop__order_items') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_id, line_no
            order by {{ latest_first([
                'recorded_product_id',
                'quantity',
                'unit_price',
                'discount_amount',
                'is_deleted'
            ], 'updated_at') }}
        ) as version_number

    from items
    where order_id is not null and line_no is not null

),

latest as (

    select * except (version_number)
    from numbered
    where version_number = 1 and not is_deleted

),

checked as (

    select
        latest.*,
        case
            when orders.order_id is null then 'order is unknown'
        end as rejection_reason

    from latest
    left join orders
        on latest.order_id = orders.order_id

)

select * from checked
