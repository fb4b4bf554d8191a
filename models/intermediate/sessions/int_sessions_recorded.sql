{{ config(materialized='view') }}

with

sessions as (

    select * from {{ ref('stg_web__sessions') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by session_id
            order by {{ latest_first([
                'recorded_customer_id',
                'device_type',
                'is_deleted',
                'session_started_at',
                'session_ended_at'
            ], 'updated_at') }}
        ) as version_number

    from sessions
    where session_id is not null

),

latest as (

    select
        session_id,
        recorded_customer_id,
        device_type,
        session_started_at,
        session_ended_at,
        updated_at

    from numbered
    where version_number = 1 and not is_deleted

)

select * from latest
