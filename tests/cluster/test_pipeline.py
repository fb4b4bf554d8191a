"""The pipeline on the cluster, compared with DuckDB on the input files."""

from decimal import Decimal

import duckdb
import pytest

from tests.cluster.conftest import compose, sql, tools, totals, up

pytestmark = pytest.mark.cluster


def expected(landing) -> list[tuple[str, ...]]:
    [(sales, units, revenue)] = duckdb.sql(f"""
        select count(*), sum(quantity::int), sum(quantity::int * price::decimal(18, 2))
        from read_csv('{landing}/pos/sales/sales_data.csv', all_varchar = true)
    """).fetchall()
    return [(str(sales), str(units), str(revenue))]


def test_the_totals_are_those_of_the_input_files(demo, landing):
    assert totals() == expected(landing)
    assert f"{Decimal(totals()[0][2]):,}" in demo


def test_the_files_are_in_the_store_and_the_names_in_postgresql(demo):
    found = compose("exec", "gateway", "find", "/data/lake", "-name", "*.parquet").stdout
    assert "/data/lake/warehouse/gold.db/fct_sales/" in found
    query = """select d."NAME" || '.' || t."TBL_NAME" from "TBLS" t join "DBS" d using ("DB_ID")"""
    names = compose(
        *("exec", "metastore", "psql", "--host=/var/run/postgresql", "--username=lakehouse"),
        *("--dbname=metastore", "--tuples-only", "--no-align", "--command", query),
    ).stdout.split()
    assert {"bronze.pos_sales", "gold.fct_sales"} <= set(names)


def test_both_one_shots_run_again_and_change_nothing(demo):
    before = totals()
    for service in ("metastore-schema", "store-buckets"):
        compose("run", "--rm", "--no-deps", service)
    assert totals() == before


def test_a_mounted_landing_folder_gives_the_same_rows(demo):
    before = totals()
    command = "LAKEHOUSE_LANDING=/srv/landing lakehouse load && lakehouse load"
    tools("sh", "-c", command)
    counted = "select count(*), count(distinct _source_file) from bronze.pos_sales"
    assert sql(counted) == [(before[0][0], "1")]


def test_down_and_up_keep_everything(demo):
    before = totals()
    compose("down")
    up()
    assert totals() == before
