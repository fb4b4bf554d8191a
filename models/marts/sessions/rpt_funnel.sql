with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

steps as (

    select
        session_month,
        device_type,
        count(*) as sessions,
        count_if(product_view_count > 0) as sessions_with_product_view,
        count_if(cart_count > 0) as sessions_with_cart,
        count_if(purchase_count > 0) as sessions_with_order

    from sessions
    group by session_month, device_type

),

divided as (

    select
        *,
        cast(sessions_with_order / sessions as decimal(10, 6)) as order_rate

    from steps

)

select * from divided
