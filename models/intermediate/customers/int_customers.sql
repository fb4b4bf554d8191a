with

customers as (

    select * from {{ ref('stg_crm__customers') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by {{ latest_first(['gender', 'payment_method', 'age']) }}
        ) as version_number

    from customers

),

latest as (

    select
        customer_id,
        coalesce(gender, 'unknown') as gender,
        coalesce(payment_method, 'unknown') as payment_method,
        case when age between 0 and 130 then age end as age

    from numbered
    where version_number = 1

)

select * from latest
