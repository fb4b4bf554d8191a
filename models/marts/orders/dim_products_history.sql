{{ config(tblproperties={'delta.enableChangeDataFeed': 'true'}) }}

with

versions as (

    select * from {{ ref('int_product_versions') }}

),

members as (

    select
        product_id,
        product_name,
        category,
        version,
        unit_cost,
        list_price,
        valid_to is null as is_current,
        coalesce(valid_from, date '1970-01-01') as valid_from,
        valid_to

    from versions

    union all

    select
        'unknown' as product_id,
        'unknown' as product_name,
        'unknown' as category,
        1 as version,
        cast(null as decimal(18, 2)) as unit_cost,
        cast(null as decimal(18, 2)) as list_price,
        true as is_current,
        date '1970-01-01' as valid_from,
        cast(null as date) as valid_to

)

select * from members
