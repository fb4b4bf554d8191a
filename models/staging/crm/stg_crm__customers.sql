with

source as (

    select * from {{ source('crm', 'customers') }}

),

renamed as (

    select
        trim(customer_id) as customer_id,
        nullif(trim(gender), '') as gender,
        nullif(trim(payment_method), '') as payment_method,
        age,
        _source_file,
        _source_modified_at,
        _loaded_at

    from source

)

select * from renamed
