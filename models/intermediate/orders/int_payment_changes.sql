{{ config(materialized='view') }}

with

payments as (

    select * from {{ ref('stg_shop__payments') }}

),

rates as (

    select
        currency,
        rate_to_try,
        rate_date as valid_from,
        lead(rate_date) over (
            partition by currency
            order by rate_date
        ) as valid_to

    from {{ ref('exchange_rates') }}

),

rated as (

    select
        payments.*,
        if(
            coalesce(payments.currency, 'TRY') = 'TRY', 1, rates.rate_to_try
        ) as exchange_rate,
        {{ known_date() }} as known_date,
        row_number() over (
            partition by payments.transaction_id
            order by {{ latest_first([
                'recorded_order_id',
                'recorded_customer_id',
                'payments.currency',
                'payment_type',
                'payment_status',
                'amount',
                'is_deleted',
                'transaction_date'
            ], 'updated_at') }}
        ) as latest_rank

    from payments
    left join rates
        on
            payments.currency = rates.currency
            and {{ valid_at('rates', 'payments.transaction_date') }}
    where payments.transaction_id is not null

),

converted as (

    select
        *,
        cast(amount * exchange_rate as decimal(28, 2)) as amount_try

    from rated

)

select * from converted
