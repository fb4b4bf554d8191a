with

sales as (

    select * from {{ ref('int_sales') }}

),

limits as (

    select
        year(coalesce(min(invoice_date), current_date())) as first_year,
        year(coalesce(max(invoice_date), current_date())) + 1 as last_year

    from sales

),

days as (

    select
        explode(
            sequence(make_date(first_year, 1, 1), make_date(last_year, 12, 31))
        ) as date_day

    from limits

)

select * from days
