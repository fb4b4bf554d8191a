with

source as (

    select * from {{ source('shop', 'order_items') }}

),

renamed as (

    select
        nullif(trim(order_id), '') as order_id,
        nullif(trim(product_id), '') as recorded_product_id,
        line_no,
        quantity,
        unit_price,
        discount_amount,
        coalesce(is_deleted, false) as is_deleted,
        updated_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
