with

sales as (

    select * from {{ ref('fct_sales') }}

),

baskets as (

    select
        invoice_id,
        age_band,
        sum(quantity) as unit_count,
        sum(total_amount) as invoice_amount

    from sales
    group by
        invoice_id,
        age_band

),

by_age_band as (

    select
        age_band,
        count(*) as invoice_count,
        cast(avg(unit_count) as decimal(18, 2)) as units_per_invoice,
        cast(avg(invoice_amount) as decimal(18, 2)) as average_invoice_amount

    from baskets
    group by age_band

)

select * from by_age_band
order by age_band
