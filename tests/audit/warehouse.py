"""Bronze, silver and the findings of a sample, without the time that dbt takes to start."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from lakehouse.thrift import Session
from tests.conftest import lakehouse

DATASETS = (
    *("shop.accounts", "shop.orders", "shop.order_items", "shop.payments", "shop.products"),
    *("web.sessions", "web.events", "support.interactions_latin1", "support.interactions"),
    "audit.truth",
)
# Each after those that it reads.
TABLES = (
    *("silver.int_accounts", "silver.int_products", "silver.int_orders"),
    *("silver.int_order_items", "silver.int_payments", "silver.int_events"),
    *("silver.int_sessions", "silver.int_interactions", "silver.set_aside", "audit.findings"),
)


@dataclass(frozen=True)
class Warehouse:
    """The tables of the sample's sources, and what dbt builds from them.

    `compiled` has the query of each table, as dbt compiled it.
    """

    session: Session
    landing: Path
    compiled: dict[str, str]

    def empty(self) -> None:
        """Remove the files, and drop bronze with its part of the log."""
        shutil.rmtree(self.landing, ignore_errors=True)
        self.landing.mkdir()
        names = ", ".join(f"'{name}'" for name in DATASETS)
        for dataset in DATASETS:
            self.session.execute(f"drop table if exists bronze.{dataset.replace('.', '_')}")
        for log in ("load_log", "load_rejects"):
            self.session.execute(f"delete from bronze.{log} where dataset in ({names})")

    def load(self) -> None:
        """Load the landing folder; rows may be rejected."""
        result = lakehouse("load", *DATASETS)
        assert result.exit_code in (0, 3), result.output

    def build(self, **changed: str) -> None:
        """Overwrite the tables, as dbt does; `changed` has other statements, by model."""
        for table in TABLES:
            sql = changed.get(table.partition(".")[2], self.compiled[table])
            self.session.execute(f"insert overwrite {table} by name {sql}")

    def silver(self) -> dict[str, list[str]]:
        """The rows of each table of silver, sorted."""
        return {
            table: sorted(map(repr, self.session.execute(f"select * from {table}")))
            for table in TABLES
            if table.startswith("silver")
        }

    def differing(self) -> set[str]:
        """The names of the checks that `lakehouse audit` reports; all is well without any."""
        shown = lakehouse("audit")
        names = {
            line.split()[1].rstrip(":")
            for line in shown.output.splitlines()
            if line.startswith("FAIL")
        }
        assert shown.exit_code == (1 if names else 0), shown.output
        return names
