with

versions as (

    select * from {{ ref('int_account_versions') }}

),

members as (

    select
        customer_id,
        account_status,
        customer_segment,
        version,
        is_deleted,
        valid_to is null as is_current,
        registration_date,
        valid_from,
        valid_to

    from versions

    union all

    select
        'unknown' as customer_id,
        'unknown' as account_status,
        'unknown' as customer_segment,
        1 as version,
        false as is_deleted,
        true as is_current,
        cast(null as date) as registration_date,
        timestamp '1970-01-01 00:00:00' as valid_from,
        cast(null as timestamp) as valid_to

)

select * from members
