with

sales as (

    select * from {{ ref('fct_sales') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

segments as (

    select
        customers.gender,
        sales.age_band,
        count(distinct sales.invoice_id) as invoice_count,
        sum(sales.quantity) as unit_count,
        sum(sales.total_amount) as total_sales

    from sales
    inner join customers
        on sales.customer_id = customers.customer_id
    group by
        customers.gender,
        sales.age_band

)

select * from segments
