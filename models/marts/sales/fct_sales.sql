{{ config(partition_by='invoice_month') }}

with

sales_lines as (

    select * from {{ ref('int_sales_lines') }}

),

facts as (

    select
        invoice_id,
        customer_id,
        recorded_customer_id,
        category,
        shopping_mall,
        age_band,
        price_band,
        quantity,
        unit_price,
        total_amount,
        weekday(invoice_date) >= 5 as is_weekend,
        invoice_date,
        trunc(invoice_date, 'month') as invoice_month

    from sales_lines

),

one_file_each_month as (

    select *
    from facts
    distribute by invoice_month
    sort by invoice_month, customer_id

)

select * from one_file_each_month
