with

customers as (

    select * from {{ ref('int_customers') }}

),

members as (

    select
        customer_id,
        gender,
        payment_method,
        age,
        false as is_unknown_customer

    from customers

    union all

    select
        'unknown' as customer_id,
        'unknown' as gender,
        'unknown' as payment_method,
        cast(null as int) as age,
        true as is_unknown_customer

)

select * from members
