with

items as (

    select * from {{ ref('fct_order_items') }}

),

daily as (

    select
        order_date as date,
        category as product_category,
        sum(revenue) as total_sales,
        count(distinct order_id) as order_count

    from items
    where not is_cancelled
    group by order_date, category

),

averaged as (

    select
        date,
        product_category,
        cast(total_sales as decimal(28, 2)) as total_sales,
        order_count,
        cast(total_sales / order_count as decimal(28, 6)) as avg_order_value

    from daily

)

select * from averaged
