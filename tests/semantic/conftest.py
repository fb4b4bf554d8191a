"""MetricFlow in this process: one engine for the project, and one for a small shop."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from lakehouse.settings import PROJECT
from lakehouse.thrift import Session
from loaders.contract import contracts
from ops.metrics.engine import SparkConfiguration
from ops.metrics.export import export
from ops.sample import CUSTOMERS
from sample.retailer import Sample
from sample.writing import crm_customers, write_sample
from tests.audit.deliveries import OFTEN, RATE
from tests.audit.warehouse import DATASETS, Warehouse
from tests.conftest import Build
from tests.gold import gold as gold_of

SHOP = Path(__file__).parent / "shop"
# Two months, and every kind of defect. No price changes.
WEB_SHOP = Sample(*(9, 0.05, 2, date(2023, 1, 26)), rates=OFTEN, customers=crm_customers(CUSTOMERS))


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
def web_shop(built, server, tmp_path_factory) -> duckdb.DuckDBPyConnection:
    """DuckDB with the files of a small sample, from which silver and gold have their rows too.

    Nothing empties them again: no test of gold comes later.
    """
    settings = replace(server, landing=str(tmp_path_factory.mktemp("web_shop")))
    with Session(server) as session:
        warehouse = Warehouse(session, settings, contracts(built.manifest), below_sources(built))
        warehouse.empty()
        write_sample(WEB_SHOP, warehouse.landing, RATE)
        warehouse.load()
        for table in warehouse.compiled:
            warehouse.write(table)
    return gold_of(warehouse.landing)


def below_sources(built: Build) -> dict[str, str]:
    """The queries of the tables of silver and gold that read the sample, in the order of dbt."""
    sources = {dataset.partition(".")[0] for dataset in DATASETS} - {"audit"}
    parents = built.manifest["parent_map"]

    def reads(node: str) -> bool:
        kind, _, source, *_ = node.split(".")
        return (kind == "source" and source in sources) or any(map(reads, parents[node]))

    tables = {}
    for result in built.results:
        node = built.manifest["nodes"].get(result["unique_id"], {"resource_type": ""})
        table = node["resource_type"] == "model" and node["config"]["materialized"] == "table"
        if table and node["schema"] in ("silver", "gold") and reads(node["unique_id"]):
            tables[f"{node['schema']}.{node['name']}"] = result["compiled_code"]
    return tables


@pytest.fixture(scope="session")
def project(web_shop, definitions) -> SparkConfiguration:
    """The project's metrics on the built gold tables, with a web shop."""
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
