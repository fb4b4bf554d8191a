"""What silver has to contain: its rules, applied to the latest versions of what was delivered."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from sample.catalogue import Product
from sample.tables import Key, Row
from sample.times import MINUTE, SECOND

# Two events of a session are at most so far apart.
IDLE = 30 * MINUTE
STATUSES = {
    "int_accounts": ("active", "inactive", "pending"),
    "int_orders": ("placed", "shipped", "delivered", "cancelled", "returned"),
}
EVENT_TYPES = ("page_view", "search", "product_view", "add_to_cart", "checkout", "purchase")
CURRENCIES = ("TRY", "EUR", "USD", "GBP")
CENT = Decimal("0.01")

Rows = Mapping[Key, Row]
# The rate of a currency to lira on a day, such as ("EUR", "2023-01-02").
Rate = Callable[[str, str], Decimal]


def money(hundredths: int) -> str:
    """Hundredths as a decimal number."""
    return str(Decimal(hundredths).scaleb(-2))


def figures(
    live: Mapping[str, Rows], products: Collection[Product], rate: Rate | None
) -> dict[str, str]:
    """The figures of silver by name; `live` has the latest versions by bronze table."""
    accounts, orders = live["shop_accounts"], live["shop_orders"]
    sessions, events = live["web_sessions"], live["web_events"]
    items = {key: row for key, row in live["shop_order_items"].items() if key[:1] in orders}
    payments, interactions = live["shop_payments"], live["support_interactions"]
    counts: dict[str, Mapping[str, int | str]] = {
        "int_accounts": _by(accounts, "status", STATUSES["int_accounts"]),
        "int_orders": _by(orders, "status", STATUSES["int_orders"]) | _customers(orders, accounts),
        "int_order_items": _items(items, products),
        "int_payments": _payments(payments, orders, rate) | _customers(payments, accounts),
        "int_products": _products(products),
        "int_sessions": _sessions(sessions, events) | _customers(sessions, accounts),
        "int_events": _by(events, "event_type", EVENT_TYPES)
        | _customers(events, accounts)
        | {"anonymous": _missing(events, "customer_id")}
        | {"unknown_sessions": _unknown(events, "session_id", sessions)},
        "int_interactions": _interactions(interactions) | _customers(interactions, accounts),
        "set_aside.shop_order_items": {
            "order_is_unknown": len(live["shop_order_items"]) - len(items)
        },
    }
    return {
        f"silver.{model}.{what}": str(value)
        for model, values in counts.items()
        for what, value in values.items()
    }


def _by(rows: Rows, column: str, values: Iterable[str]) -> dict[str, int]:
    """Number of rows, and of those with each value of a column."""
    found = Counter(row[column] for row in rows.values())
    return {"rows": len(rows)} | {value: found[value] for value in values}


def _unknown(rows: Rows, column: str, known: Rows) -> int:
    return sum(row[column] is not None and (row[column],) not in known for row in rows.values())


def _missing(rows: Rows, column: str) -> int:
    return sum(row[column] is None for row in rows.values())


def _customers(rows: Rows, accounts: Rows) -> dict[str, int]:
    return {"unknown_customers": _unknown(rows, "customer_id", accounts)}


def _items(items: Rows, products: Collection[Product]) -> dict[str, int | str]:
    known: Rows = {(product.product_id,): {} for product in products}
    rows = items.values()
    gross = sum(row["quantity"] * row["unit_price"] for row in rows)
    discount = sum(row["discount_amount"] for row in rows)
    return {
        "rows": len(items),
        "unknown_products": _unknown(items, "product_id", known),
        "quantity": sum(row["quantity"] for row in rows),
        "discount_amount": money(discount),
        "net_amount": money(gross - discount),
    }


def _payments(payments: Rows, orders: Rows, rate: Rate | None) -> dict[str, int | str]:
    amounts: Counter[str] = Counter()
    for row in payments.values():
        amounts[row["currency"]] += row["amount"]
    found: dict[str, int | str] = {
        "rows": len(payments),
        "unknown_orders": _unknown(payments, "order_id", orders),
        "refunds": sum(row["amount"] < 0 for row in payments.values()),
    }
    found |= {f"amount_{currency}": money(amounts[currency]) for currency in CURRENCIES}
    if rate:
        found["amount_try"] = str(sum(in_lira(row, rate) for row in payments.values()))
    return found


def in_lira(row: Row, rate: Rate) -> Decimal:
    """The amount of a payment by the rate of its day, rounded half up to cents."""
    amount = Decimal(row["amount"]).scaleb(-2) * rate(row["currency"], row["transaction_date"])
    return amount.quantize(CENT, ROUND_HALF_UP)


def _products(products: Collection[Product]) -> dict[str, int | str]:
    return {
        "rows": len(products),
        "unit_cost": money(sum(product.unit_cost for product in products)),
        "list_price": money(sum(product.list_price for product in products)),
    }


def _sessions(sessions: Rows, events: Rows) -> dict[str, int | str]:
    ends = session_ends(sessions, events)
    milliseconds = sum(ends[key] - row["session_start"] for key, row in sessions.items())
    return {
        "rows": len(sessions),
        "anonymous": _missing(sessions, "customer_id"),
        "rebuilt_ends": _missing(sessions, "session_end"),
        "duration_seconds": milliseconds // SECOND,
    }


def session_ends(sessions: Rows, events: Rows) -> dict[Key, int]:
    """The end of each session; a missing one is rebuilt from the events."""
    times = defaultdict(list)
    for row in events.values():
        times[row["session_id"]].append(row["event_timestamp"])
    return {
        key: last_in_chain(row["session_start"], times[key[0]])
        if row["session_end"] is None
        else row["session_end"]
        for key, row in sessions.items()
    }


def last_in_chain(start: int, times: Iterable[int]) -> int:
    """The last time of a chain from the start, in which each follows within 30 minutes."""
    end = start
    for time in sorted(times):
        if time - end > IDLE:
            break
        end = time
    return end


def _interactions(interactions: Rows) -> dict[str, int]:
    rows = interactions.values()
    return {
        "rows": len(interactions),
        "duration_seconds": sum(row["duration_seconds"] or 0 for row in rows),
        "satisfaction": sum(row["satisfaction"] or 0 for row in rows),
        "accented_agents": sum(not row["agent"].isascii() for row in rows),
    }
