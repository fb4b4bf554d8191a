{{ config(materialized='view') }}

with

interactions as (

    select * from {{ ref('stg_support__interactions') }}

),

ranked as (

    select
        *,
        {{ known_date() }} as known_date,
        row_number() over (
            partition by interaction_id
            order by {{ latest_first([
                'recorded_customer_id',
                'interaction_type',
                'interaction_channel',
                'agent',
                'duration_seconds',
                'satisfaction',
                'is_deleted',
                'interaction_date'
            ], 'updated_at') }}
        ) as latest_rank

    from interactions
    where interaction_id is not null

)

select * from ranked
