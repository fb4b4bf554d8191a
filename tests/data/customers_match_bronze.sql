with

bronze as (

    select count(distinct trim(customer_id)) + 1 as member_count
    from {{ source('crm', 'customers') }}

),

gold as (

    select count(*) as member_count
    from {{ ref('dim_customers') }}

),

differences as (

    select
        gold.member_count,
        bronze.member_count as expected_member_count

    from gold
    cross join bronze
    where gold.member_count <> bronze.member_count

)

select * from differences
