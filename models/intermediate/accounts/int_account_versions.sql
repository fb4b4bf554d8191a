with

changes as (

    select * from {{ ref('int_account_changes') }}

),

states as (

    select
        customer_id,
        updated_at as valid_from,
        min_by(
            struct(
                coalesce(account_status, 'unknown') as account_status,
                coalesce(customer_segment, 'unknown') as customer_segment,
                is_deleted,
                registration_date
            ),
            latest_rank
        ) as state

    from changes
    where updated_at is not null
    group by customer_id, updated_at

),

changed as (

    {{ versions_of('states', 'customer_id') }}

),

versions as (

    select
        customer_id,
        state.account_status,
        state.customer_segment,
        version,
        state.is_deleted,
        state.registration_date,
        valid_from,
        valid_to

    from changed

)

select * from versions
