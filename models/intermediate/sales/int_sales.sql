{{ config(materialized='change_feed', unique_key='invoice_id') }}

with

sales as (

    select * from {{ ref('int_sales_checked') }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by invoice_id
            order by {{ latest_first([
                'recorded_customer_id',
                'category',
                'shopping_mall',
                'quantity',
                'unit_price',
                'total_amount',
                'invoice_date'
            ]) }}
        ) as version_number

    from sales
    where rejection_reason is null

),

latest as (

    select
        invoice_id,
        recorded_customer_id,
        category,
        shopping_mall,
        quantity,
        unit_price,
        total_amount,
        invoice_date

    from numbered
    where version_number = 1

)

select * from latest
