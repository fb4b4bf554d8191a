"""The figures of a sample, counted a second time: by DuckDB, over the written files.

Nothing of the generator is used. Each query follows the definition in docs/sample.md.
"""

from decimal import Decimal
from pathlib import Path

from duckdb import DuckDBPyConnection

from tests.sample.delivered import KEYS, database, has_key

Figures = dict[tuple[str, str | None], Decimal]

# The table of each model of silver.
MODELS = {
    "int_accounts": "latest_shop_accounts",
    "int_orders": "latest_shop_orders",
    "int_order_items": "kept_items",
    "int_payments": "latest_shop_payments",
    "int_products": "latest_shop_products",
    "int_sessions": "latest_web_sessions",
    "int_events": "latest_web_events",
    "int_interactions": "latest_support_interactions",
}
# The tables that have rows in bronze, and their names there.
BRONZE = {table: table for table in KEYS} | {
    "support_utf8": "support_interactions",
    "support_latin1": "support_interactions_latin1",
}
# Of a table, the columns that lead to others, and where they lead.
UNKNOWN_CUSTOMERS = ("unknown_customers", "customer_id", "latest_shop_accounts")
UNKNOWN = {
    "int_orders": [UNKNOWN_CUSTOMERS],
    "int_order_items": [("unknown_products", "product_id", "shop_products")],
    "int_payments": [UNKNOWN_CUSTOMERS, ("unknown_orders", "order_id", "latest_shop_orders")],
    "int_sessions": [UNKNOWN_CUSTOMERS],
    "int_events": [UNKNOWN_CUSTOMERS, ("unknown_sessions", "session_id", "latest_web_sessions")],
    "int_interactions": [UNKNOWN_CUSTOMERS],
}
VALUES = {
    "int_accounts": ("status", "active inactive pending"),
    "int_orders": ("status", "placed shipped delivered cancelled returned"),
    "int_events": ("event_type", "page_view search product_view add_to_cart checkout purchase"),
}
SUMS = {
    "int_order_items.quantity": "sum(quantity)",
    "int_order_items.discount_amount": "sum(discount_amount)",
    "int_order_items.net_amount": "sum(quantity * unit_price - discount_amount)",
    "int_payments.refunds": "count_if(amount < 0)",
    "int_payments.amount_TRY": "sum(amount) filter (currency = 'TRY')",
    "int_payments.amount_EUR": "sum(amount) filter (currency = 'EUR')",
    "int_payments.amount_USD": "sum(amount) filter (currency = 'USD')",
    "int_payments.amount_GBP": "sum(amount) filter (currency = 'GBP')",
    "int_products.unit_cost": "sum(unit_cost)",
    "int_products.list_price": "sum(list_price)",
    "int_sessions.anonymous": "count_if(customer_id is null)",
    "int_sessions.rebuilt_ends": "count_if(session_end is null)",
    "int_sessions.duration_seconds": """sum(epoch(coalesce(session_end, (
        select c.session_end from chains c where c.session_id = t.session_id
    ))) - epoch(session_start))""",
    "int_events.anonymous": "count_if(customer_id is null)",
    "int_interactions.duration_seconds": "sum(duration_seconds)",
    "int_interactions.satisfaction": "sum(satisfaction)",
    "int_interactions.accented_agents": "count_if(strlen(agent) > length(agent))",
}


def count(root: Path) -> Figures:
    """All figures of the files below a folder, by name and day."""
    db = database(root)
    found = _bronze(db)
    queries = {f"silver.{name}": sql for name, sql in silver_queries().items()}
    for table in KEYS:
        null_keys = f"count(*) from {table} where not ({has_key(table)})"
        queries[f"silver.set_aside.{table}.key_is_null"] = null_keys
        queries[f"planted.{table}.null_keys"] = null_keys
        planted = planted_queries(table)
        queries |= {f"planted.{table}.{kind}": sql for kind, sql in planted.items()}
    for name, sql in queries.items():
        found[name, None] = _number(db, sql)
    return found


def _number(db: DuckDBPyConnection, sql: str) -> Decimal:
    """The single number of a query without its `select`; a sum of nothing is 0."""
    row = db.execute(f"select {sql}").fetchone()
    return Decimal(str(row[0] or 0)) if row else Decimal(0)


def _bronze(db: DuckDBPyConnection) -> Figures:
    """Rows and rejects by table and day, and of each table."""
    found: Figures = {}
    for table, bronze in BRONZE.items():
        if table == "support_interactions":
            continue
        rows = db.execute(
            f"select file_day, count_if(is_valid), count_if(not is_valid) from {table}_checked "
            "group by rollup (file_day) having count(*) > 0"
        )
        for day, valid, rejects in rows.fetchall():
            found[f"bronze.{bronze}.rows", day] = Decimal(valid)
            found[f"bronze.{bronze}.rejects", day] = Decimal(rejects)
    days = "select file_day, count(*) from shop_products group by rollup (file_day)"
    for day, valid in db.execute(days).fetchall():
        found["bronze.shop_products.rows", day] = Decimal(valid)
    return found


def planted_queries(table: str) -> dict[str, str]:
    """The kinds of planted defects of a table, but null keys."""
    key, rows = KEYS[table], f"(from {table} where {has_key(table)})"
    cells = f"(select * exclude (file_day, has_note) from {table} where {has_key(table)})"
    time = "event_timestamp" if table == "web_events" else "updated_at"
    queries = {
        "exact_duplicates": f"(select count(*) from {cells})"
        f" - (select count(*) from (select distinct * from {cells}))",
        "late_rows": f"count(*) from {table} where {time}::date < file_day::date",
        "malformed_lines": f"count(*) from {table}_checked where not is_split",
        "wrong_types": f"count(*) from {table}_checked where is_split and not is_valid",
    }
    if table != "web_events":
        queries |= {
            "newer_versions": f"count(distinct ({key}, updated_at)) - count(distinct ({key},))"
            f" from {rows}",
            "deletions": f"count(distinct ({key}, updated_at)) from {rows} where is_deleted",
            "returns_of_key": f"count(*) from latest_{table} semi join"
            f" (from {rows} where is_deleted) using ({key})",
        }
    leads = {"unknown_customers": ("customer_id", "shop_accounts")}
    if table == "shop_order_items":
        leads = {
            "unknown_products": ("product_id", "shop_products"),
            "orphan_items": ("order_id", "shop_orders"),
        }
    elif table == "shop_orders":
        queries["extra_columns"] = "count_if(has_note) from shop_orders"
    elif table == "web_sessions":
        queries["open_sessions"] = "count_if(session_end is null) from latest_web_sessions"
    for kind, (column, other) in {} if table == "shop_accounts" else leads.items():
        queries[kind] = f"""count(distinct ({key},)) from {rows} t where {column} is not null
            and not exists (from {other} o where o.{column} = t.{column})"""
    return queries


def silver_queries() -> dict[str, str]:
    """The figures of silver, without those set aside for want of a key."""
    queries = {f"{model}.rows": f"count(*) from {table}" for model, table in MODELS.items()}
    for model, (column, values) in VALUES.items():
        for value in values.split():
            queries[f"{model}.{value}"] = f"count_if({column} = '{value}') from {MODELS[model]}"
    for model, leads in UNKNOWN.items():
        for name, column, other in leads:
            queries[f"{model}.{name}"] = (
                f"count({column}) from {MODELS[model]} anti join {other} using ({column})"
            )
    for name, sql in SUMS.items():
        queries[name] = f"{sql} from {MODELS[name.split('.')[0]]} t"
    orphans = "(select count(*) from latest_shop_order_items) - (select count(*) from kept_items)"
    return queries | {"set_aside.shop_order_items.order_is_unknown": orphans}
