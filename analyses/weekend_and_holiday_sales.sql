with

sales as (

    select * from {{ ref('fct_sales') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

by_day_type as (

    select
        dates.is_weekend,
        dates.is_public_holiday,
        count(distinct dates.date_day) as day_count,
        sum(sales.total_amount) as revenue

    from sales
    inner join dates
        on sales.invoice_date = dates.date_day
    group by
        dates.is_weekend,
        dates.is_public_holiday

),

per_day as (

    select
        *,
        cast(revenue / day_count as decimal(18, 2)) as revenue_per_day

    from by_day_type

)

select * from per_day
order by
    is_weekend,
    is_public_holiday
