with

customers as (

    select * from {{ ref('int_customers') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

joined as (

    select
        coalesce(customers.customer_id, accounts.customer_id) as customer_id,
        coalesce(customers.gender, 'unknown') as gender,
        coalesce(customers.payment_method, 'unknown') as payment_method,
        coalesce(accounts.account_status, 'unknown') as account_status,
        coalesce(accounts.customer_segment, 'unknown') as customer_segment,
        customers.age,
        customers.customer_id is not null as is_in_crm,
        accounts.customer_id is not null as has_account,
        false as is_unknown_customer,
        accounts.registration_date

    from customers
    full outer join accounts
        on customers.customer_id = accounts.customer_id

),

members as (

    select * from joined

    union all

    select
        'unknown' as customer_id,
        'unknown' as gender,
        'unknown' as payment_method,
        'unknown' as account_status,
        'unknown' as customer_segment,
        cast(null as int) as age,
        false as is_in_crm,
        false as has_account,
        true as is_unknown_customer,
        cast(null as date) as registration_date

)

select * from members
