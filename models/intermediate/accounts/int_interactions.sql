with

changes as (

    select * from {{ ref('int_interaction_changes') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

latest as (

    select * from changes
    where latest_rank = 1 and not is_deleted

),

referenced as (

    select
        latest.interaction_id,
        coalesce(accounts.customer_id, 'unknown') as customer_id,
        latest.recorded_customer_id,
        coalesce(latest.interaction_type, 'unknown') as interaction_type,
        coalesce(latest.interaction_channel, 'unknown') as interaction_channel,
        latest.agent,
        case
            when latest.duration_seconds >= 0 then latest.duration_seconds
        end as duration_seconds,
        case
            when latest.satisfaction between 1 and 5 then latest.satisfaction
        end as satisfaction,
        latest.interaction_date,
        latest.updated_at

    from latest
    left join accounts
        on latest.recorded_customer_id = accounts.customer_id

)

select * from referenced
