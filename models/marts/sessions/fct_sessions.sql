{{ config(partition_by='session_month') }}

with

sessions as (

    select * from {{ ref('int_sessions') }}

),

events as (

    select * from {{ ref('int_events') }}

),

steps as (

    select
        session_id,
        count(*) as event_count,
        count_if(event_type = 'product_view') as product_view_count,
        count_if(event_type = 'add_to_cart') as cart_count,
        count_if(event_type = 'checkout') as checkout_count,
        count_if(event_type = 'purchase') as purchase_count

    from events
    group by session_id

),

facts as (

    select
        sessions.session_id,
        sessions.customer_id,
        sessions.recorded_customer_id,
        sessions.device_type,
        timestampdiff(
            second, sessions.session_started_at, sessions.session_ended_at
        ) as duration_seconds,
        coalesce(steps.event_count, 0) as event_count,
        coalesce(steps.product_view_count, 0) as product_view_count,
        coalesce(steps.cart_count, 0) as cart_count,
        coalesce(steps.checkout_count, 0) as checkout_count,
        coalesce(steps.purchase_count, 0) as purchase_count,
        sessions.is_end_rebuilt,
        sessions.session_started_at,
        sessions.session_ended_at,
        to_date(sessions.session_started_at) as session_date,
        to_date(trunc(sessions.session_started_at, 'month')) as session_month

    from sessions
    left join steps
        on sessions.session_id = steps.session_id

),

one_file_each_month as (

    select * from facts
    distribute by session_month
    sort by session_month, customer_id

)

select * from one_file_each_month
