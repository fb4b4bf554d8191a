with

sales as (

    select * from {{ ref('fct_sales') }}

),

by_price_band as (

    select
        category,
        price_band,
        sum(total_amount) as revenue

    from sales
    group by
        category,
        price_band

),

shares as (

    select
        *,
        cast(
            revenue / sum(revenue) over (partition by category)
            as decimal(5, 4)
        ) as share_of_category

    from by_price_band

)

select * from shares
order by
    category asc,
    revenue desc
