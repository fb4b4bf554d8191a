with

daily_sales as (

    select
        'rpt_daily_sales' as model_name,
        replace(product_category, ' ', '_') as part,
        date as day,
        explode(map(
            'total_sales', total_sales,
            'order_count', order_count,
            'avg_order_value', avg_order_value
        )) as (figure, found)

    from {{ ref('rpt_daily_sales') }}

),

daily_profitability as (

    select
        'rpt_daily_profitability' as model_name,
        cast(null as string) as part,
        order_date as day,
        explode(map(
            'revenue', revenue,
            'cost', cost,
            'profit_margin', profit_margin,
            'order_count', order_count
        )) as (figure, found)

    from {{ ref('rpt_daily_profitability') }}

),

customer_cohorts as (

    select
        'rpt_customer_cohorts' as model_name,
        concat('month_', months_since_first_order) as part,
        cohort_month as day,
        explode(map(
            'active_customers', active_customers,
            'retention_rate', retention_rate
        )) as (figure, found)

    from {{ ref('rpt_customer_cohorts') }}

),

funnel as (

    select
        'rpt_funnel' as model_name,
        device_type as part,
        session_month as day,
        explode(map(
            'sessions', sessions,
            'sessions_with_product_view', sessions_with_product_view,
            'sessions_with_cart', sessions_with_cart,
            'sessions_with_order', sessions_with_order,
            'order_rate', order_rate
        )) as (figure, found)

    from {{ ref('rpt_funnel') }}

),

customer_features as (

    select
        'ftr_customers' as model_name,
        customer_id as part,
        as_of_date as day,
        explode(map(
            'purchase_frequency', purchase_frequency,
            'total_spend', total_spend,
            'average_transaction_value', average_transaction_value,
            'recency_days', recency_days,
            'transaction_frequency_last_30_days',
            transaction_frequency_last_30_days,
            'sessions_last_30_days', sessions_last_30_days,
            'interactions_last_90_days', interactions_last_90_days,
            'returns', returns,
            'tenure_days', tenure_days,
            'average_session_duration_seconds',
            cast(average_session_duration_seconds as decimal(28, 6))
        )) as (figure, found)

    from {{ ref('ftr_customers') }}

),

sums_of_features as (

    select
        'ftr_customers' as model_name,
        cast(null as string) as part,
        as_of_date as day,
        explode(map(
            'purchase_frequency', sum(purchase_frequency),
            -- Sums have 38 digits: beside them, others would lose decimals.
            'total_spend', cast(sum(total_spend) as decimal(28, 6)),
            'average_transaction_value',
            cast(sum(average_transaction_value) as decimal(28, 6)),
            'recency_days', sum(recency_days),
            'transaction_frequency_last_30_days',
            sum(transaction_frequency_last_30_days),
            'sessions_last_30_days', sum(sessions_last_30_days),
            'interactions_last_90_days', sum(interactions_last_90_days),
            'returns', sum(returns),
            'tenure_days', sum(tenure_days),
            'buyers', count(recency_days),
            'rows', count(*)
        )) as (figure, found)

    from {{ ref('ftr_customers') }}
    group by as_of_date

),

figures as (

    select * from daily_sales
    union all
    select * from daily_profitability
    union all
    select * from customer_cohorts
    union all
    select * from funnel
    union all
    select * from customer_features
    union all
    select * from sums_of_features

),

named as (

    select
        concat_ws('.', 'gold', model_name, part, figure) as name,
        day,
        cast(found as decimal(28, 6)) as found

    from figures

)

select * from named
