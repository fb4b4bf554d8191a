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

compared as (

    select
        *,
        state <=> lag(state) over (
            partition by customer_id
            order by valid_from
        ) as is_unchanged

    from states

),

versions as (

    select
        customer_id,
        state.account_status,
        state.customer_segment,
        row_number() over (
            partition by customer_id
            order by valid_from
        ) as version,
        state.is_deleted,
        state.registration_date,
        valid_from,
        lead(valid_from) over (
            partition by customer_id
            order by valid_from
        ) as valid_to

    from compared
    where not is_unchanged

)

select * from versions
