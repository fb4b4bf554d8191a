{{ config(
    materialized='change_feed',
    unique_key='transaction_id',
    changes_by={
        'stg_shop__payments': 'transaction_id',
        'int_accounts': {'customer_id': 'recorded_customer_id'},
        'int_orders': {'order_id': 'recorded_order_id'}
    }
) }}

with

changes as (

    select * from {{ ref('int_payment_changes') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

latest as (

    select * from changes
    where latest_rank = 1 and not is_deleted

),

referenced as (

    select
        latest.transaction_id,
        coalesce(orders.order_id, 'unknown') as order_id,
        latest.recorded_order_id,
        coalesce(accounts.customer_id, 'unknown') as customer_id,
        latest.recorded_customer_id,
        coalesce(latest.currency, 'unknown') as currency,
        coalesce(latest.payment_type, 'unknown') as payment_type,
        coalesce(latest.payment_status, 'unknown') as payment_status,
        latest.amount,
        latest.exchange_rate,
        latest.amount_try,
        latest.transaction_date,
        latest.updated_at

    from latest
    left join orders
        on latest.recorded_order_id = orders.order_id
    left join accounts
        on latest.recorded_customer_id = accounts.customer_id

)

select * from referenced
