with

sales as (

    select * from {{ source('pos', 'sales') }}

),

by_category as (

    select
        category,
        count(*) as line_count,
        count(distinct price) as distinct_prices,
        count(distinct price / quantity) as distinct_prices_per_piece,
        min(cast(price / quantity as decimal(18, 2))) as price_per_piece,
        sum(price * quantity) as total_sales_if_unit,
        sum(price) as total_sales_if_line

    from sales
    where quantity <> 0
    group by category

)

select * from by_category
order by category
