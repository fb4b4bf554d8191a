"""The figures of gold, counted a second time: by DuckDB, over the written files.

Nothing of the generator is used. Each query follows the definition in docs/sample.md.
"""

from decimal import Decimal
from pathlib import Path

from tests.sample.count import Figures
from tests.sample.delivered import KEYS, database

# The lines, orders and payments of gold, with the rates of a CSV file.
FACTS = """
create table rates as from read_csv('{rates}', types = {{'rate_to_try': 'decimal(18,6)'}});
create table lines as
select i.order_id, o.ordered_at::date as day, coalesce(v.category, 'unknown') as category,
    quantity, quantity * unit_price - discount_amount as revenue, quantity * unit_cost as cost,
    o.status = 'cancelled' as is_cancelled
from kept_items i join latest_shop_orders o using (order_id)
asof left join shop_products v
    on i.product_id = v.product_id and o.ordered_at::date >= v.valid_from;
create table payments as
select p.* exclude (updated_at, file_day), updated_at as changed_at, file_day::date as file_day,
    round(amount * coalesce(rate_to_try, 1), 2)::decimal(28,2) as amount_try
from shop_payments p asof left join rates r
    on p.currency = r.currency and p.transaction_date >= r.rate_date
where transaction_id is not null;
create table settled as
select order_id, sum(greatest(amount_try, 0)) as paid, sum(-least(amount_try, 0)) as refunded,
    bool_or(amount > 0) as is_paid
from latest_shop_payments l join (
    select distinct transaction_id, changed_at, file_day, amount_try from payments
) p on l.transaction_id = p.transaction_id and l.updated_at = p.changed_at
    and l.file_day::date = p.file_day
where status in ('completed', 'refunded') group by order_id;
create table orders as
select o.order_id, o.ordered_at::date as day, a.customer_id, any_value(o.status) as status,
    coalesce(sum(revenue), 0) as revenue,
    case when count(l.order_id) = count(cost) then coalesce(sum(cost), 0) end as cost,
    any_value(paid) as paid, any_value(refunded) as refunded,
    coalesce(any_value(is_paid), false) as is_paid
from latest_shop_orders o left join latest_shop_accounts a using (customer_id)
left join lines l using (order_id) left join settled s using (order_id)
group by o.order_id, o.ordered_at, a.customer_id;
create table visits as
select s.session_id, device_type, date_trunc('month', session_start) as month,
    count_if(event_type = 'product_view') as views, count_if(event_type = 'add_to_cart') as carts,
    count_if(event_type = 'purchase') as purchases, count(event_id) as events
from latest_web_sessions s left join latest_web_events e using (session_id) group by all;
create table as_of as
with days as (
    select unnest(generate_series(min(transaction_date), max(file_day), interval 1 day))::date
        as day, max(file_day) as last_day
    from payments
)
select day as as_of from days where day = last_day or day = last_day(day)
order by day desc limit 3"""
# The latest change of each key that was known on a day, not deleted.
KNOWN = """
create table known_{table} as
select * from (
    from {table} t join as_of on t.file_day::date <= as_of and t.updated_at::date <= as_of
    where {key} is not null
    qualify row_number() over (
        partition by {key}, as_of order by t.updated_at desc, t.file_day desc
    ) = 1
)"""
CUSTOMERS = """
create table features as
with bought as (
    select k.customer_id, as_of, as_of - k.transaction_date as age, p.amount_try,
        k.amount > 0 and status = 'completed' as is_purchase, k.amount < 0 as is_return
    from known_shop_payments k join (
        select distinct transaction_id, changed_at, file_day, amount_try from payments
    ) p on k.transaction_id = p.transaction_id and k.updated_at = p.changed_at
        and k.file_day::date = p.file_day
    where not is_deleted and k.customer_id is not null and transaction_date <= as_of
), spending as (
    select customer_id, as_of, count_if(is_purchase) as purchase_frequency,
        coalesce(sum(amount_try) filter (is_purchase), 0) as total_spend,
        min(age) filter (is_purchase) as recency_days, max(age) filter (is_purchase) as first_days,
        count_if(is_purchase and age < 30) as transaction_frequency_last_30_days,
        count_if(is_return) as returns
    from bought group by all
), seen as (
    select customer_id, as_of,
        avg(epoch(session_end) - epoch(session_start)) filter (session_end::date <= as_of)
            as average_session_duration_seconds,
        count_if(as_of - session_start::date < 30) as sessions_last_30_days
    from known_web_sessions
    where not is_deleted and session_start::date <= as_of group by all
), contacts as (
    select customer_id, as_of, count(*) as interactions_last_90_days
    from known_support_interactions
    where not is_deleted and interaction_date <= as_of and as_of - interaction_date < 90
    group by all
)
select customer_id, as_of, coalesce(purchase_frequency, 0) as purchase_frequency,
    coalesce(total_spend, 0) as total_spend,
    round((total_spend / nullif(purchase_frequency, 0))::double, 6)::decimal(28,6)
        as average_transaction_value,
    recency_days,
    coalesce(transaction_frequency_last_30_days, 0) as transaction_frequency_last_30_days,
    round(average_session_duration_seconds, 6)::decimal(28,6) as average_session_duration_seconds,
    coalesce(sessions_last_30_days, 0) as sessions_last_30_days,
    coalesce(interactions_last_90_days, 0) as interactions_last_90_days,
    coalesce(returns, 0) as returns,
    coalesce(as_of - registration_date, first_days) as tenure_days
from known_shop_accounts full join spending using (customer_id, as_of)
left join seen using (customer_id, as_of) left join contacts using (customer_id, as_of)"""
FEATURES = (
    "purchase_frequency",
    "total_spend",
    "average_transaction_value",
    "recency_days",
    "transaction_frequency_last_30_days",
    "average_session_duration_seconds",
    "sessions_last_30_days",
    "interactions_last_90_days",
    "returns",
    "tenure_days",
)
# Model, part of the name, day, rows, and the figures: names and values.
FIGURES = [
    ("fct_order_items", "", "null", "lines", {
        "rows": "count(*)",
        "quantity": "sum(quantity)",
        "revenue": "sum(revenue)",
        "cost": "sum(cost)",
        "margin": "sum(revenue - cost)",
        "cancelled": "count_if(is_cancelled)",
    }),
    ("fct_orders", "", "null", "orders", {
        "rows": "count(*)",
        "revenue": "sum(revenue)",
        "cost": "sum(cost)",
        "margin": "sum(revenue - cost)",
        "paid": "count_if(is_paid)",
        "cancelled": "count_if(status = 'cancelled')",
        "paid_amount_try": "sum(paid)",
        "refunded_amount_try": "sum(refunded)",
    }),
    ("fct_sessions", "", "null", "visits", {
        "rows": "count(*)",
        "event_count": "sum(events)",
        "purchase_count": "sum(purchases)",
    }),
    ("rpt_daily_sales", "replace(category, ' ', '_')", "day", "lines where not is_cancelled", {
        "total_sales": "sum(revenue)",
        "order_count": "count(distinct order_id)",
        "avg_order_value": "round((sum(revenue) / count(distinct order_id))::double, 6)",
    }),
    ("rpt_daily_profitability", "", "day", "orders where is_paid and status <> 'cancelled'", {
        "revenue": "sum(revenue)",
        "cost": "sum(cost)",
        "order_count": "count(*)",
        "profit_margin": "round((sum(revenue - cost)"
        " / nullif(sum(revenue) filter (cost is not null), 0))::double, 6)",
    }),
    ("rpt_customer_cohorts", "'month_' || datediff('month', cohort, month)", "cohort", """(
        select distinct customer_id, date_trunc('month', day) as month,
            date_trunc('month', min(day) over (partition by customer_id)) as cohort
        from orders where status <> 'cancelled' and customer_id is not null)""", {
        "active_customers": "count(*)",
    }),
    ("rpt_funnel", "device_type", "month", "visits", {
        "sessions": "count(*)",
        "sessions_with_product_view": "count_if(views > 0)",
        "sessions_with_cart": "count_if(carts > 0)",
        "sessions_with_order": "count_if(purchases > 0)",
        "order_rate": "round(count_if(purchases > 0) / count(*), 6)",
    }),
    ("ftr_customers", "customer_id", "as_of", "features",
        {name: f"any_value({name})" for name in FEATURES}),
    ("ftr_customers", "", "as_of", "features",
        {name: f"sum({name})" for name in FEATURES if name != "average_session_duration_seconds"}
        | {"rows": "count(*)", "buyers": "count(recency_days)"}),
]  # fmt: skip


def count_gold(root: Path, rates: Path) -> Figures:
    """Figures of gold of the files below a folder, by name and day; features of all customers."""
    db = database(root)
    db.execute(FACTS.format(rates=rates))
    for table in ("shop_accounts", "shop_payments", "web_sessions", "support_interactions"):
        db.execute(KNOWN.format(table=table, key=KEYS[table]))
    db.execute(CUSTOMERS)
    found: Figures = {}
    for model, part, day, rows, values in FIGURES:
        for figure, value in values.items():
            name = f"concat_ws('.', 'gold.{model}', {part + ',' if part else ''} '{figure}')"
            query = f"select {name}, ({day})::date::text, {value} from {rows} group by all"
            for full, of, number in db.execute(query).fetchall():
                found[full, of] = Decimal(str(number or 0))
    return found
