with

sales as (

    select distinct year(invoice_month) as calendar_year
    from {{ ref('fct_sales') }}

),

holidays as (

    select distinct year(holiday_date) as calendar_year
    from {{ ref('public_holidays') }}

),

missing as (

    select sales.calendar_year
    from sales
    left join holidays
        on sales.calendar_year = holidays.calendar_year
    where holidays.calendar_year is null

)

select * from missing
