"""Bronze, silver, gold and the findings of a sample, without the time that dbt takes to start."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from loaders.contract import Contract
from loaders.run import load_all
from tests.conftest import lakehouse

DATASETS = (
    *("shop.accounts", "shop.orders", "shop.order_items", "shop.payments", "shop.products"),
    *("web.sessions", "web.events", "support.interactions_latin1", "support.interactions"),
    "audit.truth",
)
# Each after those that it reads.
SILVER = (
    *("int_accounts", "int_account_versions", "int_product_versions", "int_products"),
    *("int_orders", "int_order_items", "int_payments", "int_events", "int_sessions"),
    *("int_interactions", "set_aside"),
)
GOLD = (
    *("dim_customers", "dim_customers_history", "dim_products", "dim_products_history"),
    *("fct_order_items", "fct_orders", "fct_payments", "fct_sessions", "fct_events"),
    *("fct_interactions", "rpt_daily_sales", "rpt_daily_profitability", "rpt_customer_cohorts"),
    *("rpt_funnel", "ftr_customers"),
)
TABLES = (*(f"silver.{model}" for model in SILVER), *(f"gold.{model}" for model in GOLD))


@dataclass(frozen=True)
class Warehouse:
    """The tables of the sample's sources, and what dbt builds from them.

    `compiled` has the query of each table, as dbt compiled it.
    """

    session: Session
    settings: Settings
    contracts: Mapping[str, Contract]
    compiled: Mapping[str, str]

    @property
    def landing(self) -> Path:
        """The landing folder."""
        return Path(self.settings.landing)

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
        reports = load_all(self.settings, [self.contracts[name] for name in DATASETS])
        assert [report.error for report in reports if report.error] == []

    def build(self) -> None:
        """Overwrite silver and gold, as dbt does."""
        for table in TABLES:
            self.write(table)

    def write(self, table: str, rule: str = "", instead: str = "") -> None:
        """Overwrite a table, as dbt does; in its query, `instead` takes the place of a rule."""
        query = self.compiled[table]
        assert rule in query
        self.session.execute(f"insert overwrite {table} by name {query.replace(rule, instead)}")

    def rows(self) -> dict[str, list[str]]:
        """The rows of each table, sorted."""
        return {
            table: sorted(map(repr, self.session.execute(f"select * from {table}")))
            for table in TABLES
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
