{{ config(
    materialized='change_feed',
    partition_by='event_month',
    changes_by={'int_events': {"trunc(event_at, 'month')": 'event_month'}}
) }}

with

events as (

    select * from {{ ref('int_events') }}

),

facts as (

    select
        event_id,
        session_id,
        recorded_session_id,
        customer_id,
        recorded_customer_id,
        event_type,
        page_url,
        event_at,
        to_date(event_at) as event_date,
        trunc(event_at, 'month') as event_month

    from events

),

one_file_each_month as (

    select * from facts
    distribute by event_month
    sort by event_month, customer_id, session_id

)

select * from one_file_each_month
