with

source as (

    select * from {{ source('shop', 'payments') }}

),

renamed as (

    select
        nullif(trim(transaction_id), '') as transaction_id,
        nullif(trim(order_id), '') as recorded_order_id,
        nullif(trim(customer_id), '') as recorded_customer_id,
        nullif(upper(trim(currency)), '') as currency,
        nullif(lower(trim(method)), '') as payment_type,
        nullif(lower(trim(status)), '') as payment_status,
        amount,
        coalesce(is_deleted, false) as is_deleted,
        transaction_date,
        updated_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
