with

bronze as (

    select
        trim(invoice_no) as invoice_id,
        count(*) as delivery_count,
        max(quantity) as quantity,
        max(
            case '{{ pos_price_basis() }}'
                when 'unit' then price * quantity
                when 'line' then price
            end
        ) as total_amount

    from {{ source('pos', 'sales') }}
    group by trim(invoice_no)

),

silver as (

    select * from {{ ref('int_sales_lines') }}

),

differences as (

    select
        bronze.invoice_id as bronze_invoice_id,
        silver.invoice_id as silver_invoice_id,
        bronze.delivery_count,
        bronze.quantity as bronze_quantity,
        silver.quantity as silver_quantity,
        bronze.total_amount as bronze_total_amount,
        silver.total_amount as silver_total_amount

    from bronze
    full outer join silver
        on bronze.invoice_id = silver.invoice_id
    where
        bronze.delivery_count is null
        or silver.total_amount is null
        or (
            bronze.delivery_count = 1
            and (
                bronze.quantity <> silver.quantity
                or bronze.total_amount <> silver.total_amount
            )
        )

)

select * from differences
