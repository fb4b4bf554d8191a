{{ config(
    materialized='change_feed',
    partition_by='transaction_month',
    changes_by={
        'int_payments': {"trunc(transaction_date, 'month')": 'transaction_month'}
    }
) }}

with

payments as (

    select * from {{ ref('int_payments') }}

),

facts as (

    select
        transaction_id,
        order_id,
        recorded_order_id,
        customer_id,
        recorded_customer_id,
        currency,
        payment_type,
        payment_status,
        amount,
        exchange_rate,
        amount_try,
        amount < 0 as is_refund,
        payment_status in ('completed', 'refunded') as is_settled,
        transaction_date,
        trunc(transaction_date, 'month') as transaction_month

    from payments

),

one_file_each_month as (

    select * from facts
    distribute by transaction_month
    sort by transaction_month, customer_id

)

select * from one_file_each_month
