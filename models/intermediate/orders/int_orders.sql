{{ config(
    materialized='change_feed',
    unique_key='order_id',
    changes_by={
        'stg_shop__orders': 'order_id',
        'int_accounts': {'customer_id': 'recorded_customer_id'}
    }
) }}

with

orders as (

    select * from {{ ref('stg_shop__orders') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

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
        coalesce(accounts.customer_id, 'unknown') as customer_id,
        latest.recorded_customer_id,
        coalesce(latest.order_status, 'unknown') as order_status,
        coalesce(latest.order_channel, 'unknown') as order_channel,
        latest.ordered_at,
        latest.updated_at

    from latest
    left join accounts
        on latest.recorded_customer_id = accounts.customer_id

)

select * from referenced
