with

versions as (

    select * from {{ ref('int_product_versions') }}

),

latest as (

    select
        product_id,
        product_name,
        category,
        unit_cost,
        list_price,
        valid_from

    from versions
    where valid_to is null

)

select * from latest
