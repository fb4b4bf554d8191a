{{ config(materialized='view') }}

with

sessions as (

    select * from {{ ref('stg_web__sessions') }}

),

ranked as (

    select
        *,
        {{ known_date() }} as known_date,
        row_number() over (
            partition by session_id
            order by {{ latest_first([
                'recorded_customer_id',
                'device_type',
                'is_deleted',
                'session_started_at',
                'session_ended_at'
            ], 'updated_at') }}
        ) as latest_rank

    from sessions
    where session_id is not null

)

select * from ranked
