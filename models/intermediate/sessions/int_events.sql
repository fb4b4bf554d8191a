{{ config(
    materialized='change_feed',
    unique_key='event_id',
    changes_by={
        'stg_web__events': 'event_id',
        'stg_web__sessions': {'session_id': 'recorded_session_id'},
        'int_accounts': {'customer_id': 'recorded_customer_id'}
    }
) }}

with

events as (

    select * from {{ ref('stg_web__events') }}

),

sessions as (

    select * from {{ ref('int_sessions_recorded') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by event_id
            order by {{ latest_first([
                'recorded_session_id',
                'recorded_customer_id',
                'event_type',
                'page_url'
            ], 'event_at') }}
        ) as version_number

    from events
    where event_id is not null

),

referenced as (

    select
        numbered.event_id,
        coalesce(sessions.session_id, 'unknown') as session_id,
        numbered.recorded_session_id,
        coalesce(accounts.customer_id, 'unknown') as customer_id,
        numbered.recorded_customer_id,
        coalesce(numbered.event_type, 'unknown') as event_type,
        numbered.page_url,
        numbered.event_at

    from numbered
    left join sessions
        on numbered.recorded_session_id = sessions.session_id
    left join accounts
        on numbered.recorded_customer_id = accounts.customer_id
    where numbered.version_number = 1

)

select * from referenced
