with

products as (

    select * from {{ ref('int_products') }}

),

members as (

    select
        product_id,
        product_name,
        category,
        unit_cost,
        list_price,
        false as is_unknown_product,
        valid_from

    from products

    union all

    select
        'unknown' as product_id,
        'unknown' as product_name,
        'unknown' as category,
        cast(null as decimal(18, 2)) as unit_cost,
        cast(null as decimal(18, 2)) as list_price,
        true as is_unknown_product,
        cast(null as date) as valid_from

)

select * from members
