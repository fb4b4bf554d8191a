with

source as (

    select * from {{ source('pos', 'sales') }}

),

renamed as (

    select
        trim(invoice_no) as invoice_id,
        nullif(trim(customer_id), '') as recorded_customer_id,
        nullif(trim(category), '') as category,
        nullif(trim(shopping_mall), '') as shopping_mall,
        quantity,
        price,
        invoice_date,
        _source_file,
        _source_modified_at,
        _loaded_at

    from source

)

select * from renamed
