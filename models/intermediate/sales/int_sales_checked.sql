{{ config(materialized='view') }}

with

sales as (

    select * from {{ ref('stg_pos__sales') }}

),

priced as (

    select
        *,
        {% if pos_price_basis() == 'unit' %}
            price as unit_price,
            try_cast(quantity * price as decimal(18, 2)) as total_amount
        {% else %}
            try_cast(
                try_divide(price, quantity) as decimal(18, 2)
            ) as unit_price,
            price as total_amount
        {% endif %}

    from sales

),

checked as (

    select
        invoice_id,
        recorded_customer_id,
        coalesce(category, 'unknown') as category,
        coalesce(shopping_mall, 'unknown') as shopping_mall,
        case
            when not invoice_id rlike '^I[0-9]+$'
                then 'invoice_id is not I and digits'
            when quantity = 0
                then 'quantity is 0'
            when unit_price <= 0
                then 'unit_price is not above 0'
            when total_amount is null
                then 'total_amount has more than 18 digits'
            when
                invoice_date not between date '2000-01-01'
                and date_add(cast(_source_modified_at as date), 1)
                then 'invoice_date is before 2000 or after the delivery'
        end as rejection_reason,
        quantity,
        unit_price,
        total_amount,
        invoice_date,
        _source_file,
        _source_modified_at

    from priced

)

select * from checked
