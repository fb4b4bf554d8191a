with

customers as (

    select * from {{ ref('stg_crm__customers') }}

),

age_bands as (

    select * from {{ ref('age_bands') }}

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

    select * from numbered
    where version_number = 1

),

banded as (

    select
        latest.customer_id,
        coalesce(latest.gender, 'unknown') as gender,
        coalesce(age_bands.age_band, 'unknown') as age_band,
        coalesce(latest.payment_method, 'unknown') as payment_method,
        latest.age

    from latest
    left join age_bands
        on
            latest.age >= age_bands.min_age
            and (latest.age <= age_bands.max_age or age_bands.max_age is null)

)

select * from banded
