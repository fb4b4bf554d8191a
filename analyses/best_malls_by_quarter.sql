with

sales as (

    select * from {{ ref('fct_sales') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

totals as (

    select
        dates.quarter_start_date,
        sales.shopping_mall,
        sum(sales.total_amount) as revenue

    from sales
    inner join dates
        on sales.invoice_date = dates.date_day
    group by
        dates.quarter_start_date,
        sales.shopping_mall

),

ranked as (

    select
        *,
        rank() over (
            partition by quarter_start_date
            order by revenue desc
        ) as mall_rank

    from totals

)

select * from ranked
where mall_rank <= 3
order by
    quarter_start_date,
    mall_rank
