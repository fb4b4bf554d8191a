with

customers as (

    select
        'dim_customers' as model_name,
        explode(map(
            'has_account', count_if(has_account),
            'active', count_if(account_status = 'active'),
            'inactive', count_if(account_status = 'inactive'),
            'pending', count_if(account_status = 'pending'),
            'new', count_if(customer_segment = 'new'),
            'regular', count_if(customer_segment = 'regular'),
            'loyal', count_if(customer_segment = 'loyal')
        )) as (figure, found)

    from {{ ref('dim_customers') }}

),

products as (

    select
        'dim_products' as model_name,
        explode(map(
            'rows', count(*),
            'unit_cost', sum(unit_cost),
            'list_price', sum(list_price)
        )) as (figure, found)

    from {{ ref('dim_products') }}

),

order_items as (

    select
        'fct_order_items' as model_name,
        explode(map(
            'rows', count(*),
            'quantity', sum(quantity),
            'revenue', sum(revenue),
            'cost', sum(cost),
            'margin', sum(margin),
            'cancelled', count_if(is_cancelled),
            'without_version', count_if(product_valid_from is null)
        )) as (figure, found)

    from {{ ref('fct_order_items') }}

),

orders as (

    select
        'fct_orders' as model_name,
        explode(map(
            'rows', count(*),
            'revenue', sum(revenue),
            'cost', sum(cost),
            'margin', sum(margin),
            'paid', count_if(is_paid),
            'cancelled', count_if(is_cancelled),
            'without_version', count_if(customer_valid_from is null),
            'paid_amount_try', sum(paid_amount_try),
            'refunded_amount_try', sum(refunded_amount_try)
        )) as (figure, found)

    from {{ ref('fct_orders') }}

),

payments as (

    select
        'fct_payments' as model_name,
        explode(map(
            'rows', count(*),
            'refunds', count_if(is_refund),
            'settled', count_if(is_settled),
            'amount_try', sum(amount_try)
        )) as (figure, found)

    from {{ ref('fct_payments') }}

),

sessions as (

    select
        'fct_sessions' as model_name,
        explode(map(
            'rows', count(*),
            'duration_seconds', sum(duration_seconds),
            'event_count', sum(event_count),
            'product_view_count', sum(product_view_count),
            'cart_count', sum(cart_count),
            'checkout_count', sum(checkout_count),
            'purchase_count', sum(purchase_count)
        )) as (figure, found)

    from {{ ref('fct_sessions') }}

),

events as (

    select
        'fct_events' as model_name,
        explode(map(
            'rows', count(*),
            'product_views', count_if(event_type = 'product_view'),
            'purchases', count_if(event_type = 'purchase')
        )) as (figure, found)

    from {{ ref('fct_events') }}

),

interactions as (

    select
        'fct_interactions' as model_name,
        explode(map(
            'rows', count(*),
            'duration_seconds', sum(duration_seconds),
            'satisfaction', sum(satisfaction)
        )) as (figure, found)

    from {{ ref('fct_interactions') }}

),

daily_sales as (

    select
        'rpt_daily_sales' as model_name,
        'rows' as figure,
        count(*) as found

    from {{ ref('rpt_daily_sales') }}

),

daily_profitability as (

    select
        'rpt_daily_profitability' as model_name,
        'rows' as figure,
        count(*) as found

    from {{ ref('rpt_daily_profitability') }}

),

customer_cohorts as (

    select
        'rpt_customer_cohorts' as model_name,
        'rows' as figure,
        count(*) as found

    from {{ ref('rpt_customer_cohorts') }}

),

figures as (

    select * from customers
    union all
    select * from products
    union all
    select * from order_items
    union all
    select * from orders
    union all
    select * from payments
    union all
    select * from sessions
    union all
    select * from events
    union all
    select * from interactions
    union all
    select * from daily_sales
    union all
    select * from daily_profitability
    union all
    select * from customer_cohorts

),

named as (

    select
        concat_ws('.', 'gold', model_name, figure) as name,
        cast(null as date) as day,
        cast(found as decimal(28, 6)) as found

    from figures

)

select * from named
