{{ config(partition_by='order_month') }}

with

orders as (

    select * from {{ ref('int_orders') }}

),

items as (

    select * from {{ ref('fct_order_items') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

customer_versions as (

    select * from {{ ref('dim_customers_history') }}

),

sums as (

    select
        order_id,
        count(*) as line_count,
        sum(quantity) as quantity,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(revenue) as revenue,
        if(count(cost) = count(*), sum(cost), null) as cost

    from items
    group by order_id

),

paid as (

    select
        order_id,
        sum(if(amount > 0, amount_try, 0)) as paid_amount_try,
        sum(if(amount < 0, -amount_try, 0)) as refunded_amount_try,
        bool_or(amount > 0) as is_paid

    from payments
    where payment_status in ('completed', 'refunded')
    group by order_id

),

joined as (

    select
        orders.order_id,
        orders.customer_id,
        orders.recorded_customer_id,
        orders.order_status,
        orders.order_channel,
        cast(coalesce(sums.line_count, 0) as int) as line_count,
        cast(coalesce(sums.quantity, 0) as bigint) as quantity,
        cast(coalesce(sums.gross_amount, 0) as decimal(28, 2)) as gross_amount,
        cast(coalesce(sums.discount_amount, 0) as decimal(28, 2))
            as discount_amount,
        cast(coalesce(sums.revenue, 0) as decimal(28, 2)) as revenue,
        cast(if(sums.order_id is null, 0, sums.cost) as decimal(28, 2)) as cost,
        cast(coalesce(paid.paid_amount_try, 0) as decimal(28, 2))
            as paid_amount_try,
        cast(coalesce(paid.refunded_amount_try, 0) as decimal(28, 2))
            as refunded_amount_try,
        coalesce(paid.is_paid, false) as is_paid,
        orders.order_status = 'cancelled' as is_cancelled,
        orders.ordered_at,
        customer_versions.valid_from as customer_valid_from,
        to_date(orders.ordered_at) as order_date

    from orders
    left join sums
        on orders.order_id = sums.order_id
    left join paid
        on orders.order_id = paid.order_id
    left join customer_versions
        on
            orders.customer_id = customer_versions.customer_id
            and {{ valid_at('customer_versions', 'orders.ordered_at') }}

),

facts as (

    select
        *,
        cast(revenue - cost as decimal(28, 2)) as margin,
        coalesce(
            not is_cancelled
            and customer_id <> 'unknown'
            and ordered_at > min(if(is_cancelled, null, ordered_at)) over (
                partition by customer_id
            ),
            false
        ) as is_repeat_order,
        trunc(order_date, 'month') as order_month

    from joined

),

one_file_each_month as (

    select * from facts
    distribute by order_month
    sort by order_month, customer_id

)

select * from one_file_each_month
