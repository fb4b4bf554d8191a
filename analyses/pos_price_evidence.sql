with

sales as (

    select * from {{ source('pos', 'sales') }}

),

by_category as (

    select
        category,
        count(*) as sale_count,
        count(distinct price) as distinct_prices,
        count(distinct price / quantity) as distinct_unit_prices,
        min(cast(price / quantity as decimal(18, 2))) as unit_price,
        sum(price * quantity) as revenue_if_unit,
        sum(price) as revenue_if_line

    from sales
    where quantity <> 0
    group by category

)

select * from by_category
order by category
