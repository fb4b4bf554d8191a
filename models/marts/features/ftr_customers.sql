{{ config(partition_by='as_of_date') }}

with

as_of_dates as (

    select * from {{ ref('int_as_of_dates') }}

),

account_changes as (

    select * from {{ ref('int_account_changes') }}

),

payment_changes as (

    select * from {{ ref('int_payment_changes') }}

),

session_changes as (

    select * from {{ ref('int_session_changes') }}

),

interaction_changes as (

    select * from {{ ref('int_interaction_changes') }}

),

known_accounts as (

    {{ known_as_of('account_changes', 'customer_id') }}

),

accounts as (

    select
        as_of_date,
        latest.customer_id,
        latest.registration_date

    from known_accounts

),

payments as (

    {{ known_as_of('payment_changes', 'transaction_id') }}

),

transactions as (

    select
        as_of_date,
        latest.recorded_customer_id as customer_id,
        latest.transaction_date,
        latest.amount_try,
        latest.amount < 0 as is_return,
        latest.amount > 0
        and latest.payment_status = 'completed' as is_purchase,
        date_diff(as_of_date, latest.transaction_date) as age_days

    from payments
    where
        not latest.is_deleted
        and latest.recorded_customer_id is not null
        and latest.transaction_date <= as_of_date

),

spending as (

    select
        as_of_date,
        customer_id,
        count_if(is_purchase) as purchase_frequency,
        sum(if(is_purchase, amount_try, 0)) as total_spend,
        min(if(is_purchase, age_days, null)) as recency_days,
        max(if(is_purchase, age_days, null)) as first_purchase_days,
        count_if(is_purchase and age_days < 30)
            as transaction_frequency_last_30_days,
        count_if(is_return) as returns

    from transactions
    group by as_of_date, customer_id

),

sessions as (

    {{ known_as_of('session_changes', 'session_id') }}

),

visits as (

    select
        as_of_date,
        latest.recorded_customer_id as customer_id,
        avg(
            if(
                to_date(latest.session_ended_at) <= as_of_date,
                timestampdiff(
                    second, latest.session_started_at, latest.session_ended_at
                ),
                null
            )
        ) as average_session_duration_seconds,
        count_if(
            date_diff(as_of_date, to_date(latest.session_started_at)) < 30
        ) as sessions_last_30_days

    from sessions
    where
        not latest.is_deleted
        and latest.recorded_customer_id is not null
        and to_date(latest.session_started_at) <= as_of_date
    group by as_of_date, customer_id

),

interactions as (

    {{ known_as_of('interaction_changes', 'interaction_id') }}

),

contacts as (

    select
        as_of_date,
        latest.recorded_customer_id as customer_id,
        count(*) as interactions_last_90_days

    from interactions
    where
        not latest.is_deleted
        and latest.recorded_customer_id is not null
        and latest.interaction_date <= as_of_date
        and date_diff(as_of_date, latest.interaction_date) < 90
    group by as_of_date, customer_id

),

customers as (

    select
        as_of_date,
        customer_id

    from accounts

    union

    select
        as_of_date,
        customer_id

    from spending

),

features as (

    select
        customers.as_of_date,
        customers.customer_id,
        coalesce(spending.purchase_frequency, 0) as purchase_frequency,
        cast(coalesce(spending.total_spend, 0) as decimal(28, 2))
            as total_spend,
        cast(
            spending.total_spend / nullif(spending.purchase_frequency, 0)
            as decimal(28, 6)
        ) as average_transaction_value,
        spending.recency_days,
        coalesce(spending.transaction_frequency_last_30_days, 0)
            as transaction_frequency_last_30_days,
        visits.average_session_duration_seconds,
        coalesce(visits.sessions_last_30_days, 0) as sessions_last_30_days,
        coalesce(contacts.interactions_last_90_days, 0)
            as interactions_last_90_days,
        coalesce(spending.returns, 0) as returns,
        coalesce(
            date_diff(customers.as_of_date, accounts.registration_date),
            spending.first_purchase_days
        ) as tenure_days

    from customers
    left join accounts
        on
            customers.as_of_date = accounts.as_of_date
            and customers.customer_id = accounts.customer_id
    left join spending
        on
            customers.as_of_date = spending.as_of_date
            and customers.customer_id = spending.customer_id
    left join visits
        on
            customers.as_of_date = visits.as_of_date
            and customers.customer_id = visits.customer_id
    left join contacts
        on
            customers.as_of_date = contacts.as_of_date
            and customers.customer_id = contacts.customer_id

),

one_file_each_date as (

    select * from features
    distribute by as_of_date
    sort by as_of_date, customer_id

)

select * from one_file_each_date
