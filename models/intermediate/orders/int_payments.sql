with

payments as (

    select * from {{ ref('stg_shop__payments') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

rates as (

    select
        currency,
        rate_to_try,
        rate_date,
        lead(rate_date) over (
            partition by currency
            order by rate_date
        ) as next_rate_date

    from {{ ref('exchange_rates') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by transaction_id
            order by {{ latest_first([
                'recorded_order_id',
                'recorded_customer_id',
                'currency',
                'payment_type',
                'payment_status',
                'amount',
                'is_deleted',
                'transaction_date'
            ], 'updated_at') }}
        ) as version_number

    from payments
    where transaction_id is not null

),

latest as (

    select * from numbered
    where version_number = 1 and not is_deleted

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
        if(latest.currency = 'TRY', 1, rates.rate_to_try) as exchange_rate,
        latest.transaction_date,
        latest.updated_at

    from latest
    left join orders
        on latest.recorded_order_id = orders.order_id
    left join accounts
        on latest.recorded_customer_id = accounts.customer_id
    left join rates
        on
            latest.currency = rates.currency
            and latest.transaction_date >= rates.rate_date
            and (
                rates.next_rate_date is null
                or latest.transaction_date < rates.next_rate_date
            )

),

converted as (

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
        cast(amount * exchange_rate as decimal(28, 2)) as amount_try,
        transaction_date,
        updated_at

    from referenced

)

select * from converted
