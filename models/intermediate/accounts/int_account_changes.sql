{{ config(materialized='view', schema='restricted') }}

with

accounts as (

    select * from {{ ref('stg_shop__accounts') }}

),

ranked as (

    select
        *,
        {{ known_date() }} as known_date,
        row_number() over (
            partition by customer_id
            order by {{ latest_first([
                'customer_name',
                'email',
                'account_status',
                'customer_segment',
                'is_deleted',
                'registration_date'
            ], 'updated_at') }}
        ) as latest_rank

    from accounts
    where customer_id is not null

)

select * from ranked
