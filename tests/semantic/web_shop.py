"""What the metrics of the web shop have to be: DuckDB's figures over the files of a sample.

Each fact is a query with a column `day` and a column for each dimension. `delivered` has the latest
versions; the rules of gold are written here a second time.
"""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from lakehouse.settings import PROJECT

# The dimensions, by the name that they have in exports and metric views: column and facts.
KEYS = {
    "metric_time__day": "day",
    "metric_time__month": "date_trunc('month', day)::date",
    "customer__customer_segment": "segment",
    "category": "category",
    "device_type": "device_type",
}
CUSTOMER = """coalesce(account, 'unknown') as customer_id,
    coalesce(customer_segment, 'unknown') as segment"""
ACCOUNT = """left join (
    select customer_id as account, customer_segment from latest_shop_accounts
) on customer_id = account"""
FACTS = {
    "orders": f"""
        select order_id, ordered_at, ordered_at::date as day, {CUSTOMER}, channel,
            status <> 'cancelled' as is_sale
        from latest_shop_orders {ACCOUNT}""",
    "lines": """
        select o.*, coalesce(p.category, 'unknown') as category, quantity,
            quantity * unit_price - discount_amount as revenue, quantity * unit_cost as cost
        from kept_items i join orders o using (order_id)
        left join shop_products p on p.product_id = i.product_id and o.day >= p.valid_from""",
    "payments": f"""
        select transaction_date as day, {CUSTOMER}, p.currency,
            status in ('completed', 'refunded') as has_moved,
            round(amount * if(p.currency = 'TRY', 1, rate_to_try::decimal(18, 6)), 2) as lira
        from latest_shop_payments p {ACCOUNT}
        asof left join rates r
            on r.currency = p.currency and r.rate_date <= p.transaction_date""",
    "visits": f"""
        select session_id, session_start, session_start::date as day, {CUSTOMER}, device_type
        from latest_web_sessions {ACCOUNT}""",
    # Each order that is a sale, with the last visit of the customer in the 7 days before.
    "followed": """
        select unnest(arg_max(v, v.session_start)) from orders o join visits v
            on v.customer_id = o.customer_id and o.customer_id <> 'unknown'
            and v.session_start <= o.ordered_at
            and v.session_start > o.ordered_at - interval 7 days
        where is_sale group by o.order_id""",
    "contacts": f"""
        select interaction_date as day, {CUSTOMER}, satisfaction
        from latest_support_interactions {ACCOUNT}""",
}
FIRST = "(select min(f.ordered_at) from orders f where f.customer_id = t.customer_id and f.is_sale)"
KNOWN = "customer_id <> 'unknown'"
# The fact and the figure of a metric; of a ratio, both of each side.
EXPECTED = {
    "orders": [("orders", "count_if(is_sale)")],
    "active_customers": [("orders", f"count(distinct customer_id) filter (is_sale and {KNOWN})")],
    "repeat_customers": [
        (
            "orders",
            f"count(distinct customer_id) filter (is_sale and {KNOWN} and ordered_at > {FIRST})",
        )
    ],
    "order_revenue": [("lines", "sum(if(is_sale, revenue, 0))")],
    "margin": [("lines", "sum(if(is_sale, revenue - cost, 0))")],
    "ordered_units": [("lines", "sum(if(is_sale, quantity, 0))")],
    "margin_rate": [
        ("lines", "sum(revenue - cost) filter (is_sale)"),
        ("lines", "sum(revenue) filter (is_sale and cost is not null)"),
    ],
    "paid_amount": [("payments", "sum(if(has_moved and lira > 0, lira, 0))")],
    "refunded_amount": [("payments", "sum(if(has_moved and lira < 0, -lira, 0))")],
    "sessions": [("visits", "count(*)")],
    "session_to_order_rate": [("followed", "count(*)"), ("visits", f"count_if({KNOWN})")],
    "contacts": [("contacts", "count(*)")],
    "satisfaction": [("contacts", "avg(satisfaction) filter (satisfaction between 1 and 5)")],
}
EXPECTED |= {
    "repeat_rate": EXPECTED["repeat_customers"] + EXPECTED["active_customers"],
    "average_order_value": EXPECTED["order_revenue"] + EXPECTED["orders"],
    "refund_rate": EXPECTED["refunded_amount"] + EXPECTED["paid_amount"],
}
# The metrics of each metric view.
VIEWS = {
    "orders": "orders active_customers repeat_customers repeat_rate",
    "order_items": "order_revenue margin ordered_units margin_rate",
    "payments": "paid_amount refunded_amount refund_rate",
    "sessions": "sessions",
    "interactions": "contacts satisfaction",
}


def with_facts(db: DuckDBPyConnection) -> DuckDBPyConnection:
    """The database of a sample, with a view of each fact."""
    rates = PROJECT / "seeds" / "exchange_rates.csv"
    db.execute(f"create or replace view rates as from read_csv('{rates}')")
    for name, query in FACTS.items():
        db.execute(f"create or replace view {name} as {query}")
    return db


def expected(db: DuckDBPyConnection, metric: str, keys: Iterable[str]) -> dict:
    """DuckDB's values of a metric: keys -> value, without nulls."""
    sides = [_figures(db, fact, sql, keys) for fact, sql in EXPECTED[metric]]
    if len(sides) == 1:
        [values] = sides
        return values
    above, below = sides
    return {key: float(above.get(key, 0)) / float(value) for key, value in below.items() if value}


def _figures(db: DuckDBPyConnection, fact: str, sql: str, keys: Iterable[str]) -> dict:
    named = [f"{KEYS[key]} as {key}" for key in keys]
    rows = db.execute(f"select {', '.join([*named, sql])} from {fact} t group by all").fetchall()
    return {
        tuple(str(each)[:10] for each in row[:-1]): row[-1] for row in rows if row[-1] is not None
    }
