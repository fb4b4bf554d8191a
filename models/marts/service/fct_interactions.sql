{{ config(partition_by='interaction_month') }}

with

interactions as (

    select * from {{ ref('int_interactions') }}

),

facts as (

    select
        interaction_id,
        customer_id,
        recorded_customer_id,
        interaction_type,
        interaction_channel,
        duration_seconds,
        satisfaction,
        interaction_date,
        trunc(interaction_date, 'month') as interaction_month

    from interactions

),

one_file_each_month as (

    select * from facts
    distribute by interaction_month
    sort by interaction_month, customer_id

)

select * from one_file_each_month
