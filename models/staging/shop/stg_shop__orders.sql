with

source as (

    select * from {{ source('shop', 'orders') }}

),

renamed as (

    select
        nullif(trim(order_id), '') as order_id,
        nullif(trim(customer_id), '') as recorded_customer_id,
        nullif(lower(trim(status)), '') as order_status,
        nullif(lower(trim(channel)), '') as order_channel,
        coalesce(is_deleted, false) as is_deleted,
        ordered_at,
        updated_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
