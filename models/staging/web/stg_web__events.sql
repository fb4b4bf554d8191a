with

source as (

    select * from {{ source('web', 'events') }}

),

renamed as (

    select
        nullif(trim(event_id), '') as event_id,
        nullif(trim(session_id), '') as recorded_session_id,
        nullif(trim(customer_id), '') as recorded_customer_id,
        nullif(lower(trim(event_type)), '') as event_type,
        nullif(trim(page_url), '') as page_url,
        event_timestamp as event_at,
        {{ delivered_on() }} as _delivered_on,
        _source_file,
        _source_modified_at

    from source

)

select * from renamed
