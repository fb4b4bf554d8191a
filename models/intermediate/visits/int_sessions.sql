with

sessions as (

    select * from {{ ref('stg_web__sessions') }}

),

events as (

    select * from {{ ref('int_events') }}

),

customers as (

    select * from {{ ref('int_known_customers') }}

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

    select * from numbered
    where version_number = 1 and not is_deleted

),

incomplete as (

    select
        session_id,
        session_started_at

    from latest
    where session_ended_at is null or session_started_at is null

),

signs_of_life as (

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

timed as (

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

    from signs_of_life

),

unbroken as (

    select
        session_id,
        seen_at,
        max(is_after_break) over (
            partition by session_id
            order by seen_at
        ) as is_other_visit

    from timed

),

rebuilt as (

    select
        session_id,
        min(seen_at) as started_at,
        max(seen_at) as ended_at

    from unbroken
    where not is_other_visit
    group by session_id

),

referenced as (

    select
        latest.session_id,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        latest.recorded_customer_id,
        coalesce(latest.device_type, 'unknown') as device_type,
        latest.session_ended_at is null as is_end_rebuilt,
        coalesce(
            latest.session_started_at, rebuilt.started_at
        ) as session_started_at,
        coalesce(latest.session_ended_at, rebuilt.ended_at) as session_ended_at,
        latest.updated_at

    from latest
    left join rebuilt
        on latest.session_id = rebuilt.session_id
    left join customers
        on latest.recorded_customer_id = customers.customer_id

)

select * from referenced
