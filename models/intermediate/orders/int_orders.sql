with

orders as (

    select * from {{ ref('stg_shop__orders') }}

),

customers as (

    select * from {{ ref('int_known_customers') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_id
            order by {{ latest_first([
                'recorded_customer_id',
                'order_status',
                'order_channel',
                'is_deleted',
                'ordered_at'
            ], 'updated_at') }}
        ) as version_number

    from orders
    where order_id is not null

),

latest as (

    select * from numbered
    where version_number = 1 and not is_deleted

),

referenced as (

    select
        latest.order_id,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        latest.recorded_customer_id,
        coalesce(latest.order_status, 'unknown') as order_status,
        coalesce(latest.order_channel, 'unknown') as order_channel,
        latest.ordered_at,
        latest.updated_at

    from latest
    left join customers
        on latest.recorded_customer_id = customers.customer_id

)

select * from referenced
