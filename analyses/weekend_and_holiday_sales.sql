with

sales as (

    select * from {{ ref('fct_sales') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

by_kind_of_day as (

    select
        dates.is_weekend,
        dates.is_public_holiday,
        count(distinct dates.date_day) as day_count,
        sum(sales.total_amount) as total_sales

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
        cast(total_sales / day_count as decimal(18, 2)) as sales_per_day

    from by_kind_of_day

)

select * from per_day
order by
    is_weekend,
    is_public_holiday
