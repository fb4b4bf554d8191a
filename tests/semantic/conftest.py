"""MetricFlow in this process: one engine for the project, and one for a small shop."""

import csv
from pathlib import Path

import duckdb
import pytest

from lakehouse.settings import PROJECT
from lakehouse.thrift import Session
from ops.metrics.engine import SparkConfiguration
from ops.metrics.export import export
from tests.gold import gold as gold_of

SHOP = Path(__file__).parent / "shop"


def configured(state: Path, project: Path = PROJECT) -> SparkConfiguration:
    configuration = SparkConfiguration(project, state)
    configuration.setup(dbt_profiles_path=PROJECT, configure_file_logging=False)
    # dbt has one adapter per process: take it before another project is set up.
    assert configuration.sql_client
    return configuration


@pytest.fixture(scope="session")
def definitions(environment, tmp_path_factory) -> SparkConfiguration:
    """The definitions of the project's metrics, without a server."""
    return configured(tmp_path_factory.mktemp("metrics"))


@pytest.fixture(scope="session")
def web_shop(built, server) -> duckdb.DuckDBPyConnection:
    """DuckDB with the files of the web shop, as a second gold."""
    return gold_of(Path(server.landing))


@pytest.fixture(scope="session")
def project(built, definitions) -> SparkConfiguration:
    """The project's metrics on the built gold tables."""
    return definitions


@pytest.fixture(scope="session")
def exported(project) -> list[str]:
    """The output lines of the first `lakehouse metrics export`."""
    return list(export(project))


@pytest.fixture(scope="session")
def shop(server, tmp_path_factory) -> SparkConfiguration:
    """The small project: orders, visits, balances and a calendar, as views."""
    configuration = configured(tmp_path_factory.mktemp("shop"), SHOP)
    with configuration.sql_client.session() as session:
        for model in configuration.manifest.nodes.values():
            session.execute(f"create schema if not exists {model.schema}")
            session.execute(f"create view {model.relation_name} as {model.raw_code}")
    return configuration


@pytest.fixture(scope="session")
def gold(built, server, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    """DuckDB with the rows of gold: tables `sales` and `days`."""
    folder, duck = tmp_path_factory.mktemp("gold"), duckdb.connect()
    queries = {
        "sales": (
            """select invoice_id, sales.customer_id, category, shopping_mall, sales.age_band,
                quantity, unit_price, total_amount, invoice_date as day, gender
            from gold.fct_sales as sales left join gold.dim_customers using (customer_id)""",
            {
                "unit_price": "decimal(18,2)",
                "total_amount": "decimal(18,2)",
                "day": "date",
                "quantity": "int",
            },
        ),
        "days": ("select date_day as day from gold.dim_dates", {"day": "date"}),
    }
    with Session(server) as session:
        for table, (query, types) in queries.items():
            with (folder / f"{table}.csv").open("w", newline="") as file:
                result = session.query(query)
                writer = csv.writer(file)
                writer.writerow(result.columns)
                writer.writerows(result.rows)
            csv_options = f"header = true, types = {types}"
            duck.execute(f"create table {table} as from read_csv('{file.name}', {csv_options})")
    return duck
