"""`lakehouse metrics` on the built project: exports, validation, SQL and errors."""

import re
import subprocess
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, text

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT
from lakehouse.thrift import SqlError
from ops.metrics.export import make_room
from tests.conftest import lakehouse
from tests.semantic.test_metrics import BY_MONTH, expected

OURS = "'lakehouse.project' = 'retail_lakehouse'"


def rows_of(session, relation: str) -> list[str]:
    return sorted(map(repr, session.execute(f"select * from {relation}")))


def relations(lines: list[str]) -> list[str]:
    """What the lines of an export name."""
    return [line.partition(":")[0] for line in lines]


def test_exports_and_metric_views_are_described_and_keep_decimals(exported, session):
    tables = [row[1] for row in session.execute("show tables in metrics")]
    assert {f"metrics.{table}" for table in tables} == set(relations(exported))
    for table in tables:
        columns = {
            name: (kind, comment)
            for name, kind, comment in session.execute(f"describe metrics.{table}")
        }
        assert all(comment for _, comment in columns.values()), table
        assert columns.get("revenue", ("decimal(28,2)",))[0] == "decimal(28,2)"
        assert columns.get("average_invoice_value", ("decimal",))[0].startswith("decimal")


def second_line(first: str) -> str:
    """What a second export says of a relation that the first one wrote."""
    if ": metric view" in first:
        return f"{first}, unchanged"
    if ": table" in first and not first.startswith("metrics.sales_by_month:"):
        return f"{first.partition(':')[0]}: table, unchanged"
    return first


def test_a_second_export_restores_tables_and_drops_undefined_ones(exported, session):
    before = {
        name: rows_of(session, f"metrics.{name}") for name in ("sales_by_month", "sales_by_segment")
    }
    for statement in (
        "delete from metrics.sales_by_month where metric_time__month > '2022-01-01'",
        "drop view metrics.sales_by_segment",
        f"create table metrics.earlier using delta tblproperties ({OURS}) as select 1 as a",
        f"create view metrics.earlier_view tblproperties ({OURS}) as select 1 as a",
        "create table metrics.`2021` using delta as select 1 as a",
        "create view metrics.others tblproperties ('lakehouse.project' = 'other') as select 1 as a",
    ):
        session.execute(statement)
    again = lakehouse("metrics", "export")
    assert again.exit_code == 0, again.output
    assert again.output.splitlines() == [
        *map(second_line, exported),
        "metrics.earlier: dropped, it has no definition any more",
        "metrics.earlier_view: dropped, it has no definition any more",
    ]
    assert {name: rows_of(session, f"metrics.{name}") for name in before} == before
    session.execute("drop table metrics.`2021`")
    session.execute("drop view metrics.others")
    tables = [f"metrics.{row[1]}" for row in session.execute("show tables in metrics")]
    assert sorted(tables) == sorted(relations(exported))


def test_a_table_that_no_export_wrote_is_not_replaced(exported, session):
    session.execute("create table metrics.others using delta as select 1 as a")
    with pytest.raises(LakehouseError, match="metrics.others is a table that no export wrote"):
        make_room(session, "metrics.others", "view", "retail_lakehouse")
    assert rows_of(session, "metrics.others") == ["(1,)"]
    session.execute("drop table metrics.others")


def test_an_export_with_a_prefix_leaves_the_metrics_of_production(exported, session, monkeypatch):
    session.execute("create schema dev_gold")
    for _, table, _ in session.execute("show tables in gold"):
        session.execute(f"create view dev_gold.{table} as select * from gold.{table}")
    produced = session.execute("describe history metrics.sales_by_month limit 1")
    monkeypatch.setenv("LAKEHOUSE_SCHEMA_PREFIX", "dev_")
    done = lakehouse("metrics", "export")
    assert relations(done.output.splitlines()) == [f"dev_{name}" for name in relations(exported)]
    assert rows_of(session, "dev_metrics.sales_by_month") == rows_of(
        session, "metrics.sales_by_month"
    )
    units = "select measure(units) from {}metrics.sales"
    assert session.execute(units.format("dev_")) == session.execute(units.format(""))
    assert session.execute("describe history metrics.sales_by_month limit 1") == produced
    for schema in ("dev_gold", "dev_metrics", "dev_published"):
        session.execute(f"drop schema {schema} cascade")


def test_the_definitions_are_valid_in_the_warehouse(exported):
    validated = lakehouse("metrics", "validate")
    assert validated.exit_code == 0, validated.output
    assert "ERROR" not in validated.output


def test_validation_reports_errors_of_spark(project):
    with pytest.raises(SqlError, match="UNRESOLVED_COLUMN") as refused:
        project.sql_client.dry_run("select nothing_there from gold.fct_sales")
    assert "\tat " not in refused.value.message


def test_the_readme_query_prints_dates_and_decimals(exported, gold):
    metrics = ("--metrics", "revenue,average_invoice_value", "--group-by", "metric_time__month")
    shown = lakehouse("metrics", "query", *metrics, "--order", "metric_time__month")
    assert (shown.exit_code, shown.stderr) == (0, ""), shown.output
    header, _, first, *_ = shown.stdout.splitlines()
    assert header.split() == ["metric_time__month", "revenue", "average_invoice_value"]
    (month,), revenue = min(expected(gold, "revenue", BY_MONTH).items())
    assert first.split()[:2] == [month, str(revenue)]


def test_a_result_is_written_as_csv_also_without_rows(exported, gold, tmp_path):
    file = tmp_path / "a.csv"
    asked = ("--metrics", "revenue", "--group-by", "metric_time__month", "--csv", str(file))
    ordered = lakehouse("metrics", "query", *asked, "--order", "metric_time__month")
    assert (ordered.stdout, ordered.stderr) == ("", f"27 rows are in {file}\n")
    (month,), revenue = min(expected(gold, "revenue", BY_MONTH).items())
    assert file.read_text().splitlines()[:2] == ["metric_time__month,revenue", f"{month},{revenue}"]
    lakehouse("metrics", "query", *asked, "--where", "{{ Dimension('category') }} = 'none'")
    assert file.read_text() == "metric_time__month,revenue\n"


def test_explained_sql_runs_as_plain_sql_in_beeline(exported, server, session):
    shown = lakehouse("metrics", "query", "--explain", "--saved-query", "sales_by_month")
    assert shown.exit_code == 0, shown.output
    url = f"jdbc:hive2://{server.address}"
    run = ["beeline", "-u", url, "--silent=true", "--outputformat=csv2", "-e", shown.output]
    printed = subprocess.run(run, capture_output=True, text=True).stdout
    rows = [line.split(",") for line in printed.splitlines() if line.startswith("20")]
    table = session.execute(
        "select metric_time__month, revenue from metrics.sales_by_month order by 1"
    )
    assert [(month[:10], revenue) for month, revenue, *_ in sorted(rows)] == [
        (str(month), str(revenue)) for month, revenue in table
    ]


def test_an_error_of_spark_is_one_readable_message(exported):
    failing = "{{ Dimension('sale__category') }} + 1 = 2"
    shown = lakehouse("metrics", "query", "--metrics", "revenue", "--where", failing)
    assert shown.exit_code == 1
    assert "error: [CAST_INVALID_INPUT] The value '" in shown.output
    assert "\tat " not in shown.output and "java." not in shown.output


def readme_query() -> str:
    """The first query that the README shows."""
    return re.search(r'lakehouse sql "(.+?)"', (PROJECT / "README.md").read_text(), re.S)[1]


def test_the_readmes_query_runs_through_sqlalchemy(exported, server):
    with create_engine(f"hive://{server.host}:{server.port}/default").connect() as connection:
        rows = connection.execute(text(readme_query())).fetchall()
    assert len(rows) == 14 and all(isinstance(row[-1], Decimal) for row in rows)


def test_the_readmes_query_runs_in_beeline(exported, server):
    beeline = ["beeline", "-u", f"jdbc:hive2://{server.address}", "--silent=true"]
    shown = subprocess.run(
        [*beeline, "--outputformat=csv2", "-e", readme_query()], capture_output=True, text=True
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("Female,") == 7
