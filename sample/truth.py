"""The truth: figures that bronze, silver and gold have to match. docs/sample.md defines each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sample import gold, silver
from sample.catalogue import Product, versions
from sample.defects import Content
from sample.ledger import Ledger
from sample.lines import to_json
from sample.tables import (
    ACCOUNTS,
    EVENTS,
    INTERACTIONS,
    ORDER_ITEMS,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    SESSIONS,
    Key,
    Table,
)

# Kinds that can occur in every table.
EVERYWHERE = (
    "exact_duplicates",
    "late_rows",
    "null_keys",
    "malformed_lines",
    "wrong_types",
    "corrected_files",
)


@dataclass(frozen=True)
class Figure:
    """One figure of the truth.

    `day` is the delivery day of a figure of bronze, and the day that a figure of gold is of; None
    stands for the state at the end.
    """

    name: str
    expected: str
    day: date | None = None

    @property
    def line(self) -> str:
        """The figure as a line of a truth file, without the line's end."""
        day = self.day and self.day.isoformat()
        return to_json({"name": self.name, "day": day, "expected": self.expected})


class Truth:
    """Counts the contents of files, in the order of their delivery."""

    def __init__(self) -> None:
        # The price list of the last snapshot, by product.
        self.products: dict[Key, list[Product]] = {}
        accounts = Ledger(ACCOUNTS, {})
        customers = {"customer_id": accounts.latest}
        orders = Ledger(ORDERS, customers)
        items = Ledger(ORDER_ITEMS, {"order_id": orders.latest, "product_id": self.products})
        others = [Ledger(table, customers) for table in (PAYMENTS, SESSIONS, EVENTS, INTERACTIONS)]
        self.ledgers = {ledger.table: ledger for ledger in (accounts, orders, items, *others)}
        self._rows: dict[tuple[str, date], int] = {}
        self._rejects: dict[tuple[str, date], int] = {}
        self._snapshot: date | None = None

    def add(self, bronze: str, content: Content) -> None:
        """Count a file that lands in a bronze table. A file that is corrected later is left out."""
        self.ledgers[content.table].add(content)
        self._rows[bronze, content.day] = len(content.rows)
        self._rejects[bronze, content.day] = content.rejects

    def add_correction(self, table: Table) -> None:
        """Count a file that takes the place of another."""
        self.ledgers[table].counts["corrected_files"] += 1

    def add_snapshot(self, day: date, price_list: Iterable[Product]) -> None:
        """Count a snapshot of the price list: it takes the place of the one before."""
        self.products.clear()
        for row in price_list:
            self.products.setdefault((row.product_id,), []).append(row)
        self._snapshot = day

    def figures(self, rate: silver.Rate | None = None) -> list[Figure]:
        """All figures; `rate` is the rate of a currency to lira on a day."""
        live = {table.name: ledger.live() for table, ledger in self.ledgers.items()}
        products = {key[0]: versions(rows) for key, rows in self.products.items()}
        final = silver.figures(live, [history[-1] for history in products.values()], rate)
        changes = {table.name: ledger.changes for table, ledger in self.ledgers.items()}
        delivered = gold.Delivered(live, changes, products, rate)
        return [
            *self._bronze(),
            *(Figure(name, str(count)) for name, count in self._planted()),
            *(Figure(name, value) for name, value in final.items()),
            *(
                Figure(
                    f"silver.set_aside.{table.name}.key_is_null", str(ledger.counts["null_keys"])
                )
                for table, ledger in self.ledgers.items()
            ),
            *(Figure(name, str(value), day) for name, day, value in gold.figures(delivered)),
        ]

    def _bronze(self) -> Iterator[Figure]:
        """Rows and rejects by table and day, and of each table."""
        rows = dict(self._rows)
        if self._snapshot:
            rows[PRODUCTS, self._snapshot] = sum(map(len, self.products.values()))
        for what, counts in (("rows", rows), ("rejects", self._rejects)):
            totals: Counter[str] = Counter()
            for (table, day), count in counts.items():
                yield Figure(f"bronze.{table}.{what}", str(count), day)
                totals[table] += count
            for table, count in totals.items():
                yield Figure(f"bronze.{table}.{what}", str(count))

    def _planted(self) -> Iterator[tuple[str, int]]:
        """The planted defects by table and kind."""
        for table, ledger in self.ledgers.items():
            found = {kind: ledger.counts[kind] for kind in EVERYWHERE}
            if table.changes:
                found |= ledger.versions()
            if "customer_id" in ledger.known:
                found["unknown_customers"] = ledger.unknown("customer_id")
            if table is ORDERS:
                found["extra_columns"] = ledger.counts["extra_columns"]
            if table is ORDER_ITEMS:
                found["unknown_products"] = ledger.unknown("product_id")
                found["orphan_items"] = ledger.unknown("order_id")
            if table is SESSIONS:
                sessions = ledger.live().values()
                found["open_sessions"] = sum(row["session_end"] is None for row in sessions)
            for kind, count in found.items():
                yield f"planted.{table.name}.{kind}", count
