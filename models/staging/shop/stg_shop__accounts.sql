{{ config(schema='restricted') }}

with

source as (

    select * from {{ source('shop', 'accounts') }}

),

renamed as (

    select
        nullif(trim(customer_id), '') as customer_id,
        nullif(trim(name), '') as customer_name,
        nullif(lower(trim(email)), '') as email,
        nullif(lower(trim(status)), '') as account_status,
        nullif(lower(trim(customer_segment)), '') as customer_segment,
        coalesce(is_deleted, false) as is_deleted,
        registration_date,
        updated_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
