with

totals as (

    select
        'int_sales_lines' as relation,
        count(*) as invoice_count,
        sum(quantity) as unit_count,
        sum(total_amount) as total_sales
    from {{ ref('int_sales_lines') }}

    union all

    select
        'fct_sales' as relation,
        count(*) as invoice_count,
        sum(quantity) as unit_count,
        sum(total_amount) as total_sales
    from {{ ref('fct_sales') }}

    union all

    select
        'rpt_sales_by_segment' as relation,
        sum(invoice_count) as invoice_count,
        sum(unit_count) as unit_count,
        sum(total_sales) as total_sales
    from {{ ref('rpt_sales_by_segment') }}

    union all

    select
        'rpt_sales_by_month_mall_category' as relation,
        sum(invoice_count) as invoice_count,
        sum(unit_count) as unit_count,
        sum(total_sales) as total_sales
    from {{ ref('rpt_sales_by_month_mall_category') }}

),

silver as (

    select * from totals
    where relation = 'int_sales_lines'

),

differences as (

    select
        totals.*,
        silver.invoice_count as expected_invoice_count,
        silver.unit_count as expected_unit_count,
        silver.total_sales as expected_total_sales

    from totals
    cross join silver
    where
        not (
            totals.invoice_count <=> silver.invoice_count
            and totals.unit_count <=> silver.unit_count
            and totals.total_sales <=> silver.total_sales
        )

)

select * from differences
