with

customers as (

    select customer_id from {{ ref('int_customers') }}

),

accounts as (

    select customer_id from {{ ref('stg_shop__accounts') }}
    where customer_id is not null

),

known as (

    select customer_id from customers
    union distinct
    select customer_id from accounts

)

select * from known
