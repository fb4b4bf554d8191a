with

customers as (

    select * from {{ ref('int_customers') }}

),

unknown_member as (

    select
        'unknown' as customer_id,
        'unknown' as gender,
        'unknown' as age_band,
        'unknown' as payment_method,
        cast(null as int) as age,
        true as is_unknown_customer

),

members as (

    select
        customer_id,
        gender,
        age_band,
        payment_method,
        age,
        false as is_unknown_customer

    from customers

    union all

    select
        customer_id,
        gender,
        age_band,
        payment_method,
        age,
        is_unknown_customer

    from unknown_member

)

select * from members
