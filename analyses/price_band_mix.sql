with

sales as (

    select * from {{ ref('fct_sales') }}

),

by_price_band as (

    select
        category,
        price_band,
        sum(total_amount) as total_sales

    from sales
    group by
        category,
        price_band

),

shares as (

    select
        *,
        cast(
            total_sales / sum(total_sales) over (partition by category)
            as decimal(5, 4)
        ) as share_of_category

    from by_price_band

)

select * from shares
order by
    category asc,
    total_sales desc
