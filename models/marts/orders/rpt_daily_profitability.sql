with

orders as (

    select * from {{ ref('fct_orders') }}

),

daily as (

    select
        order_date,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(margin) as margin,
        sum(if(cost is null, 0, revenue)) as revenue_with_cost,
        count(*) as order_count

    from orders
    where is_paid and not is_cancelled
    group by order_date

),

divided as (

    select
        order_date,
        cast(revenue as decimal(28, 2)) as revenue,
        cast(cost as decimal(28, 2)) as cost,
        cast(margin / nullif(revenue_with_cost, 0) as decimal(28, 6))
            as profit_margin,
        order_count

    from daily

)

select * from divided
