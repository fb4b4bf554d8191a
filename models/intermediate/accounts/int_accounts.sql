with

changes as (

    select * from {{ ref('int_account_changes') }}

),

latest as (

    select
        customer_id,
        coalesce(account_status, 'unknown') as account_status,
        coalesce(customer_segment, 'unknown') as customer_segment,
        registration_date,
        updated_at

    from changes
    where latest_rank = 1 and not is_deleted

)

select * from latest
