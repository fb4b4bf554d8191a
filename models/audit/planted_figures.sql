with

delivered as (

    select * from {{ ref('delivered_rows') }}

),

accounts as (

    select distinct customer_id from {{ source('shop', 'accounts') }}
    where customer_id is not null

),

orders as (

    select * from {{ source('shop', 'orders') }}

),

items as (

    select * from {{ source('shop', 'order_items') }}

),

products as (

    select * from {{ source('shop', 'products') }}

),

sessions as (

    select * from {{ source('web', 'sessions') }}

),

rejected as (

    select * from {{ source('loader', 'load_quarantine') }}

),

contents as (

    select
        delivered.table_name,
        delivered.row_key,
        delivered.changed_at,
        delivered.is_deleted,
        delivered.content,
        coalesce(
            delivered.customer_id is not null and accounts.customer_id is null,
            false
        ) as has_unknown_customer,
        count(*) as copies

    from delivered
    left join accounts
        on delivered.customer_id = accounts.customer_id
    where delivered.row_key is not null
    group by
        delivered.table_name,
        delivered.row_key,
        delivered.changed_at,
        delivered.is_deleted,
        delivered.content,
        has_unknown_customer

),

versions as (

    select
        table_name,
        row_key,
        changed_at,
        bool_or(is_deleted) as is_deleted,
        bool_or(has_unknown_customer) as has_unknown_customer,
        sum(copies) as row_count,
        count(*) as content_count

    from contents
    group by table_name, row_key, changed_at

),

keys as (

    select
        table_name,
        row_key,
        bool_or(has_unknown_customer) as has_unknown_customer,
        bool_or(is_deleted) and not max_by(is_deleted, changed_at)
            as has_returned,
        sum(row_count) as row_count,
        sum(content_count) as content_count,
        count(*) as version_count,
        count_if(is_deleted) as deletion_count

    from versions
    group by table_name, row_key

),

of_keys as (

    select
        table_name,
        explode(map(
            'exact_duplicates', sum(row_count - content_count),
            'newer_versions', sum(version_count - 1),
            'deletions', sum(deletion_count),
            'returns_of_key', count_if(has_returned),
            'unknown_customers', count_if(has_unknown_customer)
        )) as (figure, found)

    from keys
    group by table_name

),

of_rows as (

    select
        table_name,
        explode(map(
            'null_keys', count_if(row_key is null),
            'late_rows', count_if(to_date(changed_at) < delivered_on)
        )) as (figure, found)

    from delivered
    group by table_name

),

of_rejects as (

    select
        replace(regexp_replace(dataset, '_latin1$', ''), '.', '_')
            as table_name,
        if(
            exists(errors, error -> error.column is null),
            'malformed_lines',
            'wrong_types'
        ) as figure,
        count(*) as found

    from rejected
    group by table_name, figure

),

of_items as (

    select
        'shop_order_items' as table_name,
        'unknown_products' as figure,
        count(distinct items.order_id, items.line_no) as found

    from items
    left anti join products
        on items.product_id = products.product_id
    where items.product_id is not null

    union all

    select
        'shop_order_items' as table_name,
        'orphan_items' as figure,
        count(distinct items.order_id, items.line_no) as found

    from items
    left anti join orders
        on items.order_id = orders.order_id

),

of_orders as (

    select
        'shop_orders' as table_name,
        'extra_columns' as figure,
        count(_rescued_data) as found

    from orders

),

latest_sessions as (

    select max_by(struct(is_deleted, session_end), updated_at) as latest
    from sessions
    where session_id is not null
    group by session_id

),

of_sessions as (

    select
        'web_sessions' as table_name,
        'open_sessions' as figure,
        count_if(
            not coalesce(latest.is_deleted, false)
            and latest.session_end is null
        ) as found

    from latest_sessions

),

every_figure as (

    select * from of_keys
    union all
    select * from of_rows
    union all
    select * from of_rejects
    union all
    select * from of_items
    union all
    select * from of_orders
    union all
    select * from of_sessions

),

named as (

    select
        concat_ws('.', 'planted', table_name, figure) as name,
        cast(null as date) as day,
        found

    from every_figure

)

select * from named
