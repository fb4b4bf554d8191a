{{ config(
    materialized='change_feed',
    partition_by='invoice_month',
    changes_by={
        'int_sales': {"trunc(invoice_date, 'month')": 'invoice_month'},
        'int_customers': {'customer_id': 'recorded_customer_id'}
    }
) }}

with

sales as (

    select * from {{ ref('int_sales') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

age_bands as (

    select * from {{ ref('age_bands') }}

),

price_bands as (

    select * from {{ ref('price_bands') }}

),

facts as (

    select
        sales.invoice_id,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        sales.recorded_customer_id,
        sales.category,
        sales.shopping_mall,
        coalesce(age_bands.age_band, 'unknown') as age_band,
        price_bands.price_band,
        sales.quantity,
        sales.unit_price,
        sales.total_amount,
        sales.quantity < 0 as is_return,
        weekday(sales.invoice_date) >= 5 as is_weekend,
        sales.invoice_date,
        trunc(sales.invoice_date, 'month') as invoice_month

    from sales
    left join customers
        on sales.recorded_customer_id = customers.customer_id
    left join age_bands
        on customers.age between age_bands.min_age and age_bands.max_age
    left join price_bands
        on
            sales.unit_price between price_bands.min_unit_price
            and price_bands.max_unit_price

),

one_file_each_month as (

    select * from facts
    distribute by invoice_month
    sort by invoice_month, customer_id

)

select * from one_file_each_month
