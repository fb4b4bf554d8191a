with

sales as (

    select * from {{ ref('stg_pos__sales') }}

),

customers as (

    select * from {{ ref('int_customers') }}

),

price_bands as (

    select * from {{ ref('price_bands') }}

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
                'price',
                'invoice_date'
            ]) }}
        ) as version_number

    from sales

),

latest as (

    select * from numbered
    where version_number = 1

),

priced as (

    select
        *,
        cast(
            case '{{ pos_price_basis() }}'
                when 'unit' then price
                when 'line' then coalesce(price / nullif(quantity, 0), price)
            end as decimal(18, 2)
        ) as unit_price,
        cast(
            case '{{ pos_price_basis() }}'
                when 'unit' then price * quantity
                when 'line' then price
            end as decimal(18, 2)
        ) as total_amount

    from latest

),

joined as (

    select
        priced.invoice_id,
        coalesce(customers.customer_id, 'unknown') as customer_id,
        priced.recorded_customer_id,
        coalesce(priced.category, 'unknown') as category,
        coalesce(priced.shopping_mall, 'unknown') as shopping_mall,
        coalesce(customers.age_band, 'unknown') as age_band,
        price_bands.price_band,
        priced.quantity,
        priced.unit_price,
        priced.total_amount,
        priced.invoice_date

    from priced
    left join customers
        on priced.recorded_customer_id = customers.customer_id
    left join price_bands
        on
            (
                priced.unit_price >= price_bands.min_unit_price
                or price_bands.min_unit_price is null
            )
            and (
                priced.unit_price < price_bands.below_unit_price
                or price_bands.below_unit_price is null
            )

)

select * from joined
