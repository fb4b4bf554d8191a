with

bronze as (

    select distinct trim(customer_id) as customer_id
    from {{ source('crm', 'customers') }}

),

gold as (

    select customer_id
    from {{ ref('dim_customers') }}
    where is_in_crm

),

differences as (

    select
        bronze.customer_id as bronze_customer_id,
        gold.customer_id as gold_customer_id

    from bronze
    full outer join gold
        on bronze.customer_id = gold.customer_id
    where
        bronze.customer_id is null
        or gold.customer_id is null

)

select * from differences
