{{ config(materialized='view') }}

with

changes as (

    select * from {{ ref('int_session_changes') }}

),

latest as (

    select
        session_id,
        recorded_customer_id,
        device_type,
        session_started_at,
        session_ended_at,
        updated_at

    from changes
    where latest_rank = 1 and not is_deleted

)

select * from latest
