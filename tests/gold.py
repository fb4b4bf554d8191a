"""Gold a second time: DuckDB's, from the files of a sample, as far as tests compare it.

Nothing of the warehouse's SQL is used. The tables have the names and columns of gold, so that a
query that both understand gives the same rows in both.
"""

from collections.abc import Mapping
from pathlib import Path

from duckdb import DuckDBPyConnection

from ops.sample import CUSTOMERS, RATES
from tests.sample.delivered import KEYS, database

CUSTOMER = "coalesce(account, 'unknown') as customer_id"
ACCOUNT = """left join (select customer_id as account from latest_shop_accounts)
    on customer_id = account"""
IN_LIRA = """round(amount * if(
                coalesce(p.currency, 'TRY') = 'TRY', 1, rate_to_try::decimal(18, 6)
            ), 2) as amount_try"""
RATED = """asof left join rates r
            on r.currency = p.currency and r.rate_date <= p.transaction_date"""
# The last three days of which there are features.
AS_OF_DATES = """
create table as_of_dates as
with days as (
    select max(file_day)::date as last_day,
        unnest(generate_series(min(transaction_date), last_day, interval 1 day))::date as day
    from shop_payments where transaction_id is not null
)
select day from days where day = last_day or day = last_day(day) order by day desc limit 3"""
# The latest change of each key of a table that was known on a day.
KNOWN = """
create table known_{table} as
select * from (
    from {table} t join as_of_dates on t.file_day::date <= day and t.updated_at::date <= day
    where {key} is not null
    qualify row_number() over (
        partition by {key}, day order by t.updated_at desc, t.file_day desc
    ) = 1
)"""
# Each after those that it reads.
GOLD: Mapping[str, str] = {
    "dim_customers": """
        select coalesce(c.customer_id, a.customer_id) as customer_id,
            coalesce(customer_segment, 'unknown') as customer_segment,
            c.customer_id is not null as is_in_crm, a.customer_id is not null as has_account
        from crm c full join latest_shop_accounts a on a.customer_id = c.customer_id
        union all select 'unknown', 'unknown', false, false""",
    "dim_products": """
        select product_id, arg_max(name, valid_from) as product_name
        from shop_products group by product_id""",
    "fct_order_items": f"""
        select o.order_id, {CUSTOMER}, if(exists (
                from shop_products p where p.product_id = i.product_id
            ), i.product_id, 'unknown') as product_id,
            coalesce(priced.category, 'unknown') as category, quantity,
            quantity * unit_price as gross_amount, discount_amount,
            quantity * unit_price - discount_amount as revenue,
            quantity * priced.unit_cost as cost, revenue - cost as margin,
            status = 'cancelled' as is_cancelled, ordered_at, ordered_at::date as order_date
        from kept_items i join latest_shop_orders o on o.order_id = i.order_id
        asof left join shop_products priced on priced.product_id = i.product_id
            and ordered_at::date >= priced.valid_from
        {ACCOUNT}""",
    "fct_payments": f"""
        select transaction_id, order_id, {CUSTOMER}, p.currency, method as payment_type,
            status as payment_status, amount, {IN_LIRA},
            amount < 0 as is_refund, status in ('completed', 'refunded') as is_settled,
            transaction_date
        from latest_shop_payments p {ACCOUNT}
        {RATED}""",
    "fct_orders": f"""
        with orders as (
            select order_id, {CUSTOMER}, status as order_status, channel as order_channel,
                status = 'cancelled' as is_cancelled, ordered_at, ordered_at::date as order_date,
                exists (
                    from gold.fct_payments p
                    where p.order_id = o.order_id and is_settled and amount > 0
                ) as is_paid
            from latest_shop_orders o {ACCOUNT}
        ),
        items as (
            select order_id, sum(revenue) as revenue, sum(cost) as cost, count(*) - count(cost) as n
            from gold.fct_order_items group by order_id
        ),
        payments as (
            select order_id, sum(greatest(amount_try, 0)) as paid_amount_try,
                sum(-least(amount_try, 0)) as refunded_amount_try
            from gold.fct_payments where is_settled group by order_id
        )
        select o.*, paid_amount_try, refunded_amount_try,
            coalesce(i.revenue, 0) as revenue, if(n > 0, null, coalesce(i.cost, 0)) as cost,
            coalesce(i.revenue, 0) - if(n > 0, null, coalesce(i.cost, 0)) as margin,
            not is_cancelled and customer_id <> 'unknown' and exists (
                from orders e where e.customer_id = o.customer_id and not e.is_cancelled
                    and e.ordered_at < o.ordered_at
            ) as is_repeat_order
        from orders o left join items i using (order_id) left join payments using (order_id)""",
    "fct_sessions": f"""
        select session_id, {CUSTOMER}, device_type, session_start as session_started_at,
            epoch(coalesce(session_end, chain_end) - session_start)::bigint as duration_seconds,
            coalesce(events, 0) as event_count, coalesce(views, 0) as product_view_count,
            coalesce(carts, 0) as cart_count,
            coalesce(purchases, 0) as purchase_count, session_start::date as session_date
        from latest_web_sessions {ACCOUNT}
        left join (select session_id, session_end as chain_end from chains) using (session_id)
        left join (
            select session_id, count(*) as events,
                count_if(event_type = 'product_view') as views,
                count_if(event_type = 'add_to_cart') as carts,
                count_if(event_type = 'purchase') as purchases
            from latest_web_events group by session_id
        ) using (session_id)""",
    "fct_interactions": f"""
        select interaction_id, {CUSTOMER}, interaction_type, duration_seconds,
            if(satisfaction between 1 and 5, satisfaction, null) as satisfaction, interaction_date
        from latest_support_interactions {ACCOUNT}""",
    "rpt_daily_sales": """
        select order_date as date, category as product_category, sum(revenue) as total_sales,
            count(distinct order_id) as order_count
        from gold.fct_order_items where not is_cancelled group by all""",
    "rpt_daily_profitability": """
        select order_date, sum(revenue) as revenue, sum(cost) as cost,
            sum(margin) / sum(revenue) filter (cost is not null) as profit_margin,
            count(*) as order_count
        from gold.fct_orders where is_paid and not is_cancelled group by all""",
    "rpt_customer_cohorts": """
        with active as (
            select distinct customer_id, date_trunc('month', order_date)::date as order_month
            from gold.fct_orders where not is_cancelled and customer_id <> 'unknown'
        ),
        cohorts as (select customer_id, min(order_month) as cohort_month from active group by all),
        sizes as (select cohort_month, count(*) as cohort_customers from cohorts group by all)
        select cohort_month, order_month,
            datediff('month', cohort_month, order_month) as months_since_first_order,
            count(*) as active_customers, cohort_customers,
            active_customers / cohort_customers as retention_rate
        from active join cohorts using (customer_id) join sizes using (cohort_month)
        group by cohort_month, order_month, cohort_customers""",
    "rpt_funnel": """
        select date_trunc('month', session_date)::date as session_month, device_type,
            count(*) as sessions, count_if(product_view_count > 0) as sessions_with_product_view,
            count_if(cart_count > 0) as sessions_with_cart,
            count_if(purchase_count > 0) as sessions_with_order,
            count_if(purchase_count > 0) / count(*) as order_rate
        from gold.fct_sessions group by all""",
    "ftr_customers": f"""
        with transactions as (
            select customer_id, day, day - transaction_date as age, {IN_LIRA},
                amount > 0 and status = 'completed' as is_purchase, amount < 0 as is_return
            from known_shop_payments p {RATED}
            where not is_deleted and customer_id is not null and transaction_date <= day
        ),
        spending as (
            select customer_id, day, count_if(is_purchase) as purchase_frequency,
                coalesce(sum(amount_try) filter (is_purchase), 0) as total_spend,
                min(age) filter (is_purchase) as recency_days,
                max(age) filter (is_purchase) as first_days,
                count_if(is_purchase and age < 30) as transaction_frequency_last_30_days,
                count_if(is_return) as returns
            from transactions group by all
        ),
        visits as (
            select customer_id, day,
                avg(epoch(session_end) - epoch(session_start)) filter (session_end::date <= day)
                    as average_session_duration_seconds,
                count_if(day - session_start::date < 30) as sessions_last_30_days
            from known_web_sessions
            where not is_deleted and session_start::date <= day group by all
        ),
        contacts as (
            select customer_id, day, count(*) as interactions_last_90_days
            from known_support_interactions
            where not is_deleted and interaction_date <= day and day - interaction_date < 90
            group by all
        )
        select day as as_of_date, customer_id,
            coalesce(purchase_frequency, 0) as purchase_frequency,
            coalesce(total_spend, 0) as total_spend,
            round((total_spend / nullif(purchase_frequency, 0))::double, 6)::decimal(28,6)
                as average_transaction_value,
            recency_days,
            coalesce(transaction_frequency_last_30_days, 0) as transaction_frequency_last_30_days,
            round(average_session_duration_seconds, 6)::decimal(28,6)
                as average_session_duration_seconds,
            coalesce(sessions_last_30_days, 0) as sessions_last_30_days,
            coalesce(interactions_last_90_days, 0) as interactions_last_90_days,
            coalesce(returns, 0) as returns,
            coalesce(day - registration_date, first_days) as tenure_days
        from known_shop_accounts full join spending using (customer_id, day)
        left join visits using (customer_id, day) left join contacts using (customer_id, day)""",
}


def gold(root: Path) -> DuckDBPyConnection:
    """A database with the files of a sample, and the tables of gold that follow from them."""
    db = database(root)
    db.execute(f"create view rates as from read_csv('{RATES}')")
    db.execute(f"create view crm as from read_parquet('{CUSTOMERS}/*/*.parquet')")
    db.execute(AS_OF_DATES)
    for table in ("shop_accounts", "shop_payments", "web_sessions", "support_interactions"):
        db.execute(KNOWN.format(table=table, key=KEYS[table]))
    db.execute("create schema gold")
    db.execute("create schema published")
    for name, query in GOLD.items():
        db.execute(f"create table gold.{name} as {query}")
        db.execute(f"create view published.{name} as select * from gold.{name}")
    return db
