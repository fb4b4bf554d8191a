with

orders as (

    select * from {{ ref('fct_orders') }}

),

active as (

    select distinct
        customer_id,
        order_month,
        min(order_month) over (
            partition by customer_id
        ) as cohort_month

    from orders
    where not is_cancelled and customer_id <> 'unknown'

),

counted as (

    select
        cohort_month,
        order_month,
        cast(months_between(order_month, cohort_month) as int)
            as months_since_first_order,
        count(*) as active_customers

    from active
    group by cohort_month, order_month

),

retained as (

    select
        *,
        first(active_customers) over (
            partition by cohort_month
            order by order_month
        ) as cohort_customers

    from counted

),

divided as (

    select
        *,
        cast(active_customers / cohort_customers as decimal(10, 6))
            as retention_rate

    from retained

)

select * from divided
