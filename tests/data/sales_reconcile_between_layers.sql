-- Rows, pieces and money are the same in bronze, silver and gold.
with

bronze as (

    select
        'bronze' as layer,
        count(distinct invoice_no) as row_count,
        sum(quantity) as unit_count,
        sum(
            {% if pos_price_basis() == 'unit' -%}
            price * quantity
            {%- else -%}
            price
            {%- endif %}
        ) as total_sales

    from {{ source('pos', 'sales') }}

),

silver as (

    select
        'silver' as layer,
        count(*) as row_count,
        sum(quantity) as unit_count,
        sum(total_amount) as total_sales

    from {{ ref('int_sales_lines') }}

),

gold as (

    select
        'gold' as layer,
        count(*) as row_count,
        sum(quantity) as unit_count,
        sum(total_amount) as total_sales

    from {{ ref('fct_sales') }}

),

segments as (

    select
        'rpt_sales_by_segment' as layer,
        sum(invoice_count) as row_count,
        sum(unit_count) as unit_count,
        sum(total_sales) as total_sales

    from {{ ref('rpt_sales_by_segment') }}

),

malls as (

    select
        'rpt_sales_by_month_mall_category' as layer,
        sum(invoice_count) as row_count,
        sum(unit_count) as unit_count,
        sum(total_sales) as total_sales

    from {{ ref('rpt_sales_by_month_mall_category') }}

),

layers as (

    select * from silver
    union all
    select * from gold
    union all
    select * from segments
    union all
    select * from malls

),

differences as (

    select
        layers.layer,
        layers.row_count,
        layers.unit_count,
        layers.total_sales,
        bronze.row_count as expected_row_count,
        bronze.unit_count as expected_unit_count,
        bronze.total_sales as expected_total_sales

    from layers
    cross join bronze
    where
        not (
            layers.row_count <=> bronze.row_count
            and layers.unit_count <=> bronze.unit_count
            and layers.total_sales <=> bronze.total_sales
        )

)

select * from differences
