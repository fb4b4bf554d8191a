"""The tables that the retailer delivers.

A row is a dict of column and value. Money is an integer of hundredths, a time an integer of
milliseconds (see times.py), a day a text.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sample.times import day_of

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """One table.

    name: the bronze table, in the names of the truth.
    folder: its folder in the landing folder.
    key: the columns that identify what a row is about.
    kinds: kinds of the columns that are neither texts nor small numbers: `money` or `time`.
    time: the column with the time of a row.
    hours: offset of the times from UTC.
    paths: where nested columns are in the JSON document.
    wrong: a column of another type than text, and a text that is no value of that type.
    change: changes a row, as a newer version or a faulty file would.
    """

    name: str
    folder: str
    key: tuple[str, ...]
    kinds: dict[str, str]
    wrong: tuple[str, str]
    change: Callable[[Row], Row]
    time: str = "updated_at"
    hours: int = 0
    paths: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether rows have versions: `updated_at` and `is_deleted`."""
        return self.time == "updated_at"

    def key_of(self, row: Row) -> Key | None:
        """The key of a row; None if a part of it is null."""
        key = tuple([row[name] for name in self.key])
        return None if None in key else key


SHOP_HOURS = 3

ACCOUNTS = Table(
    "shop_accounts",
    "shop/accounts",
    ("customer_id",),
    {"updated_at": "time"},
    ("registration_date", "yesterday"),
    lambda row: row | {"status": "inactive" if row["status"] == "active" else "active"},
    hours=SHOP_HOURS,
)
ORDERS = Table(
    "shop_orders",
    "shop/orders",
    ("order_id",),
    {"ordered_at": "time", "updated_at": "time"},
    ("ordered_at", "noon"),
    lambda row: row | {"channel": "app" if row["channel"] == "web" else "web"},
    hours=SHOP_HOURS,
)
ORDER_ITEMS = Table(
    "shop_order_items",
    "shop/order_items",
    ("order_id", "line_no"),
    {"unit_price": "money", "discount_amount": "money", "updated_at": "time"},
    ("quantity", "two"),
    lambda row: row | {"discount_amount": row["discount_amount"] + 100},
    hours=SHOP_HOURS,
)
PAYMENTS = Table(
    "shop_payments",
    "shop/payments",
    ("transaction_id",),
    {"amount": "money", "updated_at": "time"},
    ("amount", "n/a"),
    lambda row: row | {"amount": row["amount"] + (100 if row["amount"] > 0 else -100)},
    hours=SHOP_HOURS,
)
PRODUCTS = "shop_products"
SESSIONS = Table(
    "web_sessions",
    "web/sessions",
    ("session_id",),
    {"session_start": "time", "session_end": "time", "updated_at": "time"},
    ("session_start", "this morning"),
    lambda row: row | {"device_type": "desktop" if row["device_type"] == "mobile" else "mobile"},
    paths={
        "session_id": ("session", "id"),
        "session_start": ("session", "start"),
        "session_end": ("session", "end"),
        "customer_id": ("visitor", "customer_id"),
        "device_type": ("device", "type"),
    },
)
EVENTS = Table(
    "web_events",
    "web/events",
    ("event_id",),
    {"event_timestamp": "time"},
    ("event_timestamp", "this morning"),
    lambda row: row | {"event_type": "page_view"},
    time="event_timestamp",
    paths={
        "event_id": ("event", "id"),
        "event_type": ("event", "type"),
        "event_timestamp": ("event", "at"),
        "session_id": ("session", "id"),
        "customer_id": ("visitor", "customer_id"),
        "page_url": ("page", "url"),
    },
)
INTERACTIONS = Table(
    "support_interactions",
    "support/interactions",
    ("interaction_id",),
    {"updated_at": "time"},
    ("duration_seconds", "long"),
    lambda row: row | {"duration_seconds": row["duration_seconds"] + 60},
)
# In the order of delivery: accounts come before what refers to them.
FEEDS = (ACCOUNTS, ORDERS, ORDER_ITEMS, PAYMENTS, SESSIONS, EVENTS, INTERACTIONS)


class Feeds:
    """Rows that the systems of the retailer will deliver, by table and day of their time."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, date], list[Row]] = {}

    def put(self, table: Table, row: Row) -> None:
        """Add a row, to the day of its time."""
        self._rows.setdefault((table.name, day_of(row[table.time])), []).append(row)

    def take(self, table: Table, day: date) -> list[Row]:
        """The rows of a day, by time."""
        rows = self._rows.pop((table.name, day), [])
        return sorted(rows, key=lambda row: row[table.time])
