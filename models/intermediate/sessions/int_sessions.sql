with

sessions as (

    select * from {{ ref('int_sessions_recorded') }}

),

events as (

    select * from {{ ref('int_events') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

incomplete as (

    select
        session_id,
        session_started_at

    from sessions
    where session_ended_at is null or session_started_at is null

),

moments as (

    select
        session_id,
        session_started_at as seen_at

    from incomplete
    where session_started_at is not null

    union all

    select
        incomplete.session_id,
        events.event_at as seen_at

    from incomplete
    inner join events
        on
            incomplete.session_id = events.session_id
            and (
                incomplete.session_started_at is null
                or incomplete.session_started_at <= events.event_at
            )

),

spaced as (

    select
        session_id,
        seen_at,
        coalesce(
            seen_at > lag(seen_at) over (
                partition by session_id
                order by seen_at
            ) + interval 30 minutes,
            false
        ) as is_after_break

    from moments

),

marked as (

    select
        session_id,
        seen_at,
        max(is_after_break) over (
            partition by session_id
            order by seen_at
        ) as is_of_another_visit

    from spaced

),

rebuilt as (

    select
        session_id,
        min(seen_at) as started_at,
        max(seen_at) as ended_at

    from marked
    where not is_of_another_visit
    group by session_id

),

referenced as (

    select
        sessions.session_id,
        coalesce(accounts.customer_id, 'unknown') as customer_id,
        sessions.recorded_customer_id,
        coalesce(sessions.device_type, 'unknown') as device_type,
        sessions.session_ended_at is null as is_end_rebuilt,
        coalesce(
            sessions.session_started_at, rebuilt.started_at
        ) as session_started_at,
        coalesce(
            sessions.session_ended_at, rebuilt.ended_at
        ) as session_ended_at,
        sessions.updated_at

    from sessions
    left join rebuilt
        on sessions.session_id = rebuilt.session_id
    left join accounts
        on sessions.recorded_customer_id = accounts.customer_id

)

select * from referenced
