with

accounts as (

    select
        'int_accounts' as model_name,
        explode(map(
            'rows', count(*),
            'active', count_if(account_status = 'active'),
            'inactive', count_if(account_status = 'inactive'),
            'pending', count_if(account_status = 'pending')
        )) as (figure, found)

    from {{ ref('int_accounts') }}

),

orders as (

    select
        'int_orders' as model_name,
        explode(map(
            'rows', count(*),
            'placed', count_if(order_status = 'placed'),
            'shipped', count_if(order_status = 'shipped'),
            'delivered', count_if(order_status = 'delivered'),
            'cancelled', count_if(order_status = 'cancelled'),
            'returned', count_if(order_status = 'returned'),
            'unknown_customers', {{ leads_nowhere('customer_id') }}
        )) as (figure, found)

    from {{ ref('int_orders') }}

),

order_items as (

    select
        'int_order_items' as model_name,
        explode(map(
            'rows', count(*),
            'quantity', sum(quantity),
            'gross_amount', sum(gross_amount),
            'discount_amount', sum(discount_amount),
            'net_amount', sum(net_amount),
            'unknown_products', {{ leads_nowhere('product_id') }}
        )) as (figure, found)

    from {{ ref('int_order_items') }}

),

payments as (

    select
        'int_payments' as model_name,
        explode(map(
            'rows', count(*),
            'refunds', count_if(amount < 0),
            'amount_TRY', sum(if(currency = 'TRY', amount, 0)),
            'amount_EUR', sum(if(currency = 'EUR', amount, 0)),
            'amount_USD', sum(if(currency = 'USD', amount, 0)),
            'amount_GBP', sum(if(currency = 'GBP', amount, 0)),
            'amount_unknown', sum(if(currency = 'unknown', amount, 0)),
            'amount_try', sum(amount_try),
            'unknown_customers', {{ leads_nowhere('customer_id') }},
            'unknown_orders', {{ leads_nowhere('order_id') }}
        )) as (figure, found)

    from {{ ref('int_payments') }}

),

products as (

    select
        'int_products' as model_name,
        explode(map(
            'rows', count(*),
            'unit_cost', sum(unit_cost),
            'list_price', sum(list_price)
        )) as (figure, found)

    from {{ ref('int_products') }}

),

sessions as (

    select
        'int_sessions' as model_name,
        explode(map(
            'rows', count(*),
            'anonymous', count_if(recorded_customer_id is null),
            'rebuilt_ends', count_if(is_end_rebuilt),
            'duration_seconds', sum(timestampdiff(
                second, session_started_at, session_ended_at
            )),
            'unknown_customers', {{ leads_nowhere('customer_id') }}
        )) as (figure, found)

    from {{ ref('int_sessions') }}

),

events as (

    select
        'int_events' as model_name,
        explode(map(
            'rows', count(*),
            'anonymous', count_if(recorded_customer_id is null),
            'page_view', count_if(event_type = 'page_view'),
            'search', count_if(event_type = 'search'),
            'product_view', count_if(event_type = 'product_view'),
            'add_to_cart', count_if(event_type = 'add_to_cart'),
            'checkout', count_if(event_type = 'checkout'),
            'purchase', count_if(event_type = 'purchase'),
            'unknown_customers', {{ leads_nowhere('customer_id') }},
            'unknown_sessions', {{ leads_nowhere('session_id') }}
        )) as (figure, found)

    from {{ ref('int_events') }}

),

interactions as (

    select
        'int_interactions' as model_name,
        explode(map(
            'rows', count(*),
            'duration_seconds', sum(duration_seconds),
            'satisfaction', sum(satisfaction),
            'accented_agents', count_if(agent rlike '[^ -~]'),
            'unknown_customers', {{ leads_nowhere('customer_id') }}
        )) as (figure, found)

    from {{ ref('int_interactions') }}

),

every_figure as (

    select * from accounts
    union all
    select * from orders
    union all
    select * from order_items
    union all
    select * from payments
    union all
    select * from products
    union all
    select * from sessions
    union all
    select * from events
    union all
    select * from interactions

),

named as (

    select
        concat_ws('.', 'silver', model_name, figure) as name,
        cast(found as decimal(28, 6)) as found

    from every_figure

),

set_aside as (

    select
        concat_ws(
            '.',
            'silver.set_aside',
            regexp_replace(source, '_latin1$', ''),
            replace(reason, ' ', '_')
        ) as name,
        count(*) as found

    from {{ ref('set_aside') }}
    group by name

),

figures as (

    select
        name,
        cast(null as date) as day,
        found

    from named

    union all

    select
        name,
        cast(null as date) as day,
        found

    from set_aside

)

select * from figures
