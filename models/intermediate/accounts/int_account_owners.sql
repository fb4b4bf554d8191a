{{ config(schema='restricted') }}

with

changes as (

    select * from {{ ref('int_account_changes') }}

),

owners as (

    select
        customer_id,
        customer_name,
        email

    from changes
    where latest_rank = 1 and not is_deleted

)

select * from owners
