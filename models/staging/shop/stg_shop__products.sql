with

source as (

    select * from {{ source('shop', 'products') }}

),

renamed as (

    select
        nullif(trim(product_id), '') as product_id,
        nullif(trim(name), '') as product_name,
        nullif(trim(category), '') as category,
        unit_cost,
        list_price,
        valid_from,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
