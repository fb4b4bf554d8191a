with

source as (

    select * from {{ source('web', 'sessions') }}

),

renamed as (

    select
        nullif(trim(session_id), '') as session_id,
        nullif(trim(customer_id), '') as recorded_customer_id,
        nullif(lower(trim(device_type)), '') as device_type,
        coalesce(is_deleted, false) as is_deleted,
        session_start as session_started_at,
        session_end as session_ended_at,
        updated_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
