with

sales as (

    select * from {{ ref('fct_sales') }}

),

totals as (

    select
        shopping_mall,
        category,
        count(distinct invoice_id) as invoice_count,
        sum(quantity) as unit_count,
        sum(total_amount) as total_sales,
        invoice_month

    from sales
    group by
        shopping_mall,
        category,
        invoice_month

)

select * from totals
