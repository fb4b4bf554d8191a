with

sales as (

    select * from {{ ref('int_sales') }}

),

orders as (

    select * from {{ ref('int_orders') }}

),

dates as (

    select invoice_date as sold_on from sales
    union all
    select to_date(ordered_at) as sold_on from orders

),

limits as (

    select
        year(coalesce(min(sold_on), current_date())) as first_year,
        year(coalesce(max(sold_on), current_date())) + 1 as last_year

    from dates

),

days as (

    select
        explode(
            sequence(make_date(first_year, 1, 1), make_date(last_year, 12, 31))
        ) as date_day

    from limits

)

select * from days
