"""What the metrics of the web shop have to be: DuckDB's figures over the files of a sample."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

# The keys of a result, by the name that they have in exports and metric views.
KEYS = {
    "metric_time__day": "day",
    "metric_time__week": "date_trunc('week', day)::date",
    "metric_time__month": "date_trunc('month', day)::date",
    "day_name": "dayname(day)",
    "customer__customer_segment": "customer_segment",
    "customer_segment": "customer_segment",
    "category": "category",
    "order_channel": "order_channel",
    "device_type": "device_type",
}
DAYS = {
    "fct_orders": "order_date",
    "fct_order_items": "order_date",
    "fct_payments": "transaction_date",
    "fct_sessions": "session_date",
    "followed": "session_date",
    "fct_interactions": "interaction_date",
}
# Each order that is a sale, with the last visit of the customer in the 7 days before.
FOLLOWED = """
    create or replace table gold.followed as
    select unnest(arg_max(s, s.session_started_at))
    from gold.fct_orders o join gold.fct_sessions s
        on s.customer_id = o.customer_id and o.customer_id <> 'unknown'
        and s.session_started_at <= o.ordered_at
        and s.session_started_at > o.ordered_at - interval 7 days
    where not is_cancelled group by o.order_id"""
KNOWN = "customer_id <> 'unknown'"
# The fact and the figure of a metric; of a ratio, both of each side.
EXPECTED = {
    "orders": [("fct_orders", "count_if(not is_cancelled)")],
    "active_customers": [
        ("fct_orders", f"count(distinct customer_id) filter (not is_cancelled and {KNOWN})")
    ],
    "repeat_customers": [("fct_orders", "count(distinct customer_id) filter (is_repeat_order)")],
    "order_revenue": [("fct_order_items", "sum(if(is_cancelled, 0, revenue))")],
    "margin": [("fct_order_items", "sum(if(is_cancelled, 0, margin))")],
    "ordered_units": [("fct_order_items", "sum(if(is_cancelled, 0, quantity))")],
    "margin_rate": [
        ("fct_order_items", "sum(revenue - cost) filter (not is_cancelled)"),
        ("fct_order_items", "sum(revenue) filter (not is_cancelled and cost is not null)"),
    ],
    "paid_amount": [("fct_payments", "sum(if(is_settled and amount > 0, amount_try, 0))")],
    "refunded_amount": [("fct_payments", "sum(if(is_settled and amount < 0, -amount_try, 0))")],
    "sessions": [("fct_sessions", "count(*)")],
    "session_to_order_rate": [("followed", "count(*)"), ("fct_sessions", f"count_if({KNOWN})")],
    "contacts": [("fct_interactions", "count(*)")],
    "satisfaction": [("fct_interactions", "avg(satisfaction)")],
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


def expected(db: DuckDBPyConnection, metric: str, keys: Iterable[str]) -> dict:
    """DuckDB's values of a metric, over its `gold`: keys -> value, without nulls."""
    sides = [_figures(db, fact, sql, keys) for fact, sql in EXPECTED[metric]]
    if len(sides) == 1:
        [values] = sides
        return values
    above, below = sides
    return {key: float(above.get(key, 0)) / float(value) for key, value in below.items() if value}


def _figures(db: DuckDBPyConnection, fact: str, sql: str, keys: Iterable[str]) -> dict:
    if fact == "followed":
        db.execute(FOLLOWED)
    named = [f"{KEYS[key]} as {key}" for key in keys]
    lines = "order_channel" in keys and fact == "fct_order_items"
    source = f"""select f.*, f.{DAYS[fact]} as day, customer_segment
        {", order_channel" if lines else ""} from gold.{fact} f
        join gold.dim_customers c on c.customer_id = f.customer_id
        {"join gold.fct_orders o on o.order_id = f.order_id" if lines else ""}"""
    query = f"select {', '.join([*named, sql])} from ({source}) group by all"
    found = {tuple(map(str, key)): value for *key, value in db.sql(query).fetchall()}
    return {key: value for key, value in found.items() if value is not None}
