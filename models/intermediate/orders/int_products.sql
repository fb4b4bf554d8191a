with

products as (

    select * from {{ ref('stg_shop__products') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by product_id
            order by {{ latest_first([
                'product_name', 'category', 'unit_cost', 'list_price'
            ], 'valid_from') }}
        ) as version_number

    from products
    where product_id is not null

),

latest as (

    select
        product_id,
        coalesce(product_name, 'unknown') as product_name,
        coalesce(category, 'unknown') as category,
        unit_cost,
        list_price,
        valid_from

    from numbered
    where version_number = 1

)

select * from latest
