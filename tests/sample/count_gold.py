"""The figures of gold, counted a second time: by DuckDB, over the written files.

Nothing of the generator is used. Each query follows the definition in docs/sample.md.
"""

from decimal import Decimal
from pathlib import Path

from tests.gold import gold
from tests.sample.count import Figures

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
# Model, part of the name, day, and the figures: names and values.
FIGURES = [
    ("fct_order_items", "", "null", {
        "rows": "count(*)",
        "quantity": "sum(quantity)",
        "revenue": "sum(revenue)",
        "cost": "sum(cost)",
        "margin": "sum(margin)",
        "cancelled": "count_if(is_cancelled)",
    }),
    ("fct_orders", "", "null", {
        "rows": "count(*)",
        "revenue": "sum(revenue)",
        "cost": "sum(cost)",
        "margin": "sum(margin)",
        "paid": "count_if(is_paid)",
        "cancelled": "count_if(is_cancelled)",
        "paid_amount_try": "sum(paid_amount_try)",
        "refunded_amount_try": "sum(refunded_amount_try)",
    }),
    ("fct_sessions", "", "null", {
        "rows": "count(*)",
        "event_count": "sum(event_count)",
        "purchase_count": "sum(purchase_count)",
    }),
    ("rpt_daily_sales", "replace(product_category, ' ', '_')", "date", {
        "total_sales": "any_value(total_sales)",
        "order_count": "any_value(order_count)",
        "avg_order_value": "any_value(round((total_sales / order_count)::double, 6))",
    }),
    ("rpt_daily_profitability", "", "order_date", {
        "revenue": "any_value(revenue)",
        "cost": "any_value(cost)",
        "order_count": "any_value(order_count)",
        "profit_margin": "any_value(round(profit_margin::double, 6))",
    }),
    ("rpt_customer_cohorts", "'month_' || months_since_first_order", "cohort_month",
        {"active_customers": "any_value(active_customers)"}),
    ("rpt_funnel", "device_type", "session_month", {
        "sessions": "any_value(sessions)",
        "sessions_with_product_view": "any_value(sessions_with_product_view)",
        "sessions_with_cart": "any_value(sessions_with_cart)",
        "sessions_with_order": "any_value(sessions_with_order)",
        "order_rate": "any_value(round(order_rate, 6))",
    }),
    ("ftr_customers", "customer_id", "as_of_date",
        {name: f"any_value({name})" for name in FEATURES}),
    ("ftr_customers", "", "as_of_date",
        {name: f"sum({name})" for name in FEATURES if name != "average_session_duration_seconds"}
        | {"rows": "count(*)", "buyers": "count(recency_days)"}),
]  # fmt: skip


def count_gold(root: Path) -> Figures:
    """Figures of gold of the files below a folder, by name and day; features of all customers."""
    db = gold(root)
    found: Figures = {}
    for model, part, day, values in FIGURES:
        for figure, value in values.items():
            name = f"concat_ws('.', 'gold.{model}', {part + ',' if part else ''} '{figure}')"
            query = f"select {name}, ({day})::date::text, {value} from gold.{model} group by all"
            for full, of, number in db.execute(query).fetchall():
                found[full, of] = Decimal(str(number or 0))
    return found
