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

rejected as (

    select distinct invoice_id
    from {{ ref('int_sales_checked') }}
    where rejection_reason is not null

),

gold as (

    select * from {{ ref('fct_sales') }}

),

differences as (

    select
        bronze.invoice_id as bronze_invoice_id,
        gold.invoice_id as gold_invoice_id,
        bronze.delivery_count,
        bronze.quantity as bronze_quantity,
        gold.quantity as gold_quantity,
        bronze.total_amount as bronze_total_amount,
        gold.total_amount as gold_total_amount

    from bronze
    full outer join gold
        on bronze.invoice_id = gold.invoice_id
    left join rejected
        on bronze.invoice_id = rejected.invoice_id
    where
        bronze.invoice_id is null
        or (gold.invoice_id is null and rejected.invoice_id is null)
        or (
            bronze.delivery_count = 1
            and (
                bronze.quantity <> gold.quantity
                or bronze.total_amount <> gold.total_amount
                or (gold.invoice_id is null)
                <> (rejected.invoice_id is not null)
            )
        )

)

select * from differences
