with

products as (

    select * from {{ ref('stg_shop__products') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by product_id
            order by {{ latest_first([
                'product_name', 'category', 'unit_cost', 'list_price'
            ], 'valid_from') }}
        ) as latest_rank

    from products
    where product_id is not null

),

states as (

    select
        product_id,
        valid_from,
        min_by(
            struct(
                coalesce(product_name, 'unknown') as product_name,
                coalesce(category, 'unknown') as category,
                unit_cost,
                list_price
            ),
            latest_rank
        ) as state

    from ranked
    group by product_id, valid_from

),

changed as (

    {{ versions_of('states', 'product_id') }}

),

versions as (

    select
        product_id,
        state.product_name,
        state.category,
        version,
        state.unit_cost,
        state.list_price,
        valid_from,
        valid_to

    from changed

)

select * from versions
