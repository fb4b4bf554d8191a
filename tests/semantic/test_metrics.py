"""The same number everywhere: MetricFlow, metric views and exports against what DuckDB computes of gold."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow.sql.sql_plan import SqlPlan, SqlSelectColumn
from metricflow.sql.sql_select_node import SqlJoinDescription, SqlSelectStatementNode
from metricflow.sql.sql_table_node import SqlTableNode
from metricflow_semantic_interfaces.type_enums.time_granularity import TimeGranularity
from metricflow_semantics.sql.sql_exprs import (
    SqlColumnReferenceExpression,
    SqlComparison,
    SqlComparisonExpression,
    SqlDateTruncExpression,
)
from metricflow_semantics.sql.sql_join_type import SqlJoinType
from metricflow_semantics.sql.sql_table import SqlTable

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT
from lakehouse.thrift import Session, SqlError
from ops.metrics.export import clear, views
from ops.metrics.render import SparkPlanRenderer
from tests.conftest import lakehouse

# The keys of a result, by the name they have in exports and metric views.
KEYS = {
    "metric_time__day": "day",
    "metric_time__month": "date_trunc('month', day)::date",
    # Fiscal years begin in February.
    "metric_time__fiscal_quarter": "(date_trunc('quarter', day - interval 1 month) + interval 1 month)::date",
    "shopping_mall": "shopping_mall",
    "category": "category",
    "customer__gender": "gender",
    "customer__age_band": "age_band",
}
AGGREGATES = {
    "revenue": "sum(total_amount)",
    "units": "sum(quantity)",
    "invoices": "count(distinct invoice_id)",
    "buying_customers": "count(distinct customer_id) filter (customer_id <> 'unknown')",
    "average_invoice_value": "sum(total_amount)::double / count(distinct invoice_id)",
    "units_per_invoice": "sum(quantity)::double / count(distinct invoice_id)",
    "premium_share": "sum(total_amount) filter (unit_price >= 1000)::double / sum(total_amount)::double",
    "weekend_share": "sum(total_amount) filter (isodow(day) >= 6)::double / sum(total_amount)::double",
    "median_unit_price": "median(unit_price)::double",
}
# The days a running total adds up, and how far back a growth looks.
RUNNING = {
    "revenue_rolling_3_months": "sold > days.day - interval 3 month",
    "revenue_year_to_date": "sold >= date_trunc('year', days.day)",
}
GROWTHS = {"revenue_growth_month_over_month": 1, "revenue_growth_year_over_year": 12}
EXPECTED = {**AGGREGATES, **RUNNING, **GROWTHS}

BY_MONTH = ("metric_time__month",)
BY_MONTH_AND_GENDER = ("metric_time__month", "customer__gender")


def expected(gold, metric: str, keys: tuple[str, ...]) -> dict[tuple, object]:
    """Keys -> value, for each that has a value."""
    named = ", ".join(f"{KEYS[key]} as {key}" for key in keys)
    others = [key for key in keys if not key.startswith("metric_time")]
    if metric in AGGREGATES:
        query = f"select {named}, {AGGREGATES[metric]} as value from sales group by all"
    elif metric in RUNNING:
        query = f"""
            with sold as (select day as sold, * exclude (day) from sales),
            running as (
                select days.day, sold.* exclude (sold, total_amount), total_amount
                from days join sold on sold <= days.day and {RUNNING[metric]}
            ),
            daily as (select day, {named}, sum(total_amount) as total from running group by all)
            select {", ".join(keys)}, arg_max(total, day) as value from daily group by all"""
    else:
        matched = "".join(f" and now.{key} = ago.{key}" for key in others)
        query = f"""
            with monthly as (select {named}, sum(total_amount)::double as total from sales group by all)
            select {", ".join(f"now.{key}" for key in keys)}, now.total / ago.total - 1 as value
            from monthly as now join monthly as ago
                on now.metric_time__month = ago.metric_time__month + interval {GROWTHS[metric]} month{matched}"""
    return result(gold.execute(query).fetchall())


def result(rows) -> dict[tuple, object]:
    """Rows of keys and a value as a dictionary, without those that have no value."""
    found = {
        tuple(str(key)[:10] for key in row[:-1]): row[-1] for row in rows if row[-1] is not None
    }
    assert found and len(found) == len([row for row in rows if row[-1] is not None])
    return found


def same(found: dict, wanted: dict) -> None:
    """Decimals and counts are equal, quotients to the sixth digit."""
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        if isinstance(value, (Decimal, int)):
            assert found[key] == value, key
        else:
            assert float(found[key]) == pytest.approx(value, abs=1e-6), key


def queried(configuration, metric: str, keys: tuple[str, ...]) -> dict[tuple, object]:
    own = {"shopping_mall": "sale__shopping_mall", "category": "sale__category"}
    request = MetricFlowQueryRequest.create(
        metric_names=[metric], group_by_names=[own.get(key, key) for key in keys]
    )
    return result(configuration.mf.query(request).result_df.rows)


def test_every_metric_has_an_expected_value(project):
    assert set(EXPECTED) == {metric.name for metric in project.semantic_manifest.metrics}


def test_every_metric_says_what_it_is_for(project):
    for metric in project.semantic_manifest.metrics:
        assert metric.description and metric.label
        assert all((metric.config.meta or {}).get(key) for key in ("owner", "unit", "question")), (
            metric.name
        )


@pytest.mark.parametrize("keys", [BY_MONTH, BY_MONTH_AND_GENDER], ids="-".join)
@pytest.mark.parametrize("metric", EXPECTED)
def test_metricflow_gives_the_expected_value(project, gold, metric, keys):
    same(queried(project, metric, keys), expected(gold, metric, keys))


@pytest.mark.parametrize(
    "keys", [BY_MONTH, BY_MONTH_AND_GENDER, ("metric_time__fiscal_quarter",)], ids="-".join
)
def test_the_metric_view_gives_the_expected_values(project, exported, gold, session, keys):
    [view] = views(project)
    measures = [measure.name for measure in view.measures]
    assert set(measures) == set(AGGREGATES) and set(view.absent) == set(RUNNING) | set(GROWTHS)
    selected = ", ".join([*keys, *(f"measure({name})" for name in measures)])
    rows = session.execute(f"select {selected} from metrics.{view.name} group by all")
    for number, metric in enumerate(measures, start=len(keys)):
        same(
            result([(*row[: len(keys)], row[number]) for row in rows]), expected(gold, metric, keys)
        )


def test_every_export_gives_the_expected_values(project, exported, gold, session):
    for query in project.semantic_manifest.saved_queries:
        [export] = query.exports
        columns = [name for name, *_ in session.execute(f"describe metrics.{export.config.alias}")]
        keys = tuple(name for name in columns if name in KEYS)
        assert set(columns) == {*keys, *query.query_params.metrics}
        rows = session.execute(
            f"select {', '.join([*keys, *columns])} from metrics.{export.config.alias}"
        )
        for number, name in enumerate(columns, start=len(keys)):
            if name not in KEYS:
                same(
                    result([(*row[: len(keys)], row[number]) for row in rows]),
                    expected(gold, name, keys),
                )


def test_exports_and_metric_views_are_described_and_keep_decimals(exported, session):
    tables = [row[1] for row in session.execute("show tables in metrics")]
    assert len(tables) == len(exported)
    for table in tables:
        columns = {
            name: (kind, comment)
            for name, kind, comment in session.execute(f"describe metrics.{table}")
        }
        assert all(comment for _, comment in columns.values()), table
        assert columns.get("revenue", ("decimal(28,2)",))[0] == "decimal(28,2)"
        assert columns.get("average_invoice_value", ("decimal",))[0].startswith("decimal")


def test_a_second_export_mends_what_changed_and_drops_what_nothing_defines(exported, session):
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
    assert again.output.splitlines()[-3:] == [
        "metrics.sales: metric view of 9 metrics by 17 dimensions, unchanged",
        "metrics.earlier: dropped, nothing defines it any more",
        "metrics.earlier_view: dropped, nothing defines it any more",
    ]
    assert {name: rows_of(session, f"metrics.{name}") for name in before} == before
    session.execute("drop table metrics.`2021`")
    session.execute("drop view metrics.others")
    assert len(session.execute("show tables in metrics")) == len(exported)


OURS = "'lakehouse.project' = 'retail_lakehouse'"


def rows_of(session, relation: str) -> list[str]:
    return sorted(map(repr, session.execute(f"select * from {relation}")))


def test_somebody_elses_table_does_not_make_room_for_a_view(exported, session):
    session.execute("create table metrics.others using delta as select 1 as a")
    with pytest.raises(LakehouseError, match="metrics.others is a table that no export wrote"):
        clear(session, "metrics.others", "view", "retail_lakehouse")
    assert rows_of(session, "metrics.others") == ["(1,)"]
    session.execute("drop table metrics.others")


def test_a_developers_metrics_stand_beside_those_of_production(exported, session, monkeypatch):
    session.execute("create schema dev_gold")
    for table in ("fct_sales", "dim_customers", "dim_dates"):
        session.execute(f"create view dev_gold.{table} as select * from gold.{table}")
    produced = session.execute("describe history metrics.sales_by_month limit 1")
    monkeypatch.setenv("LAKEHOUSE_SCHEMA_PREFIX", "dev_")
    done = lakehouse("metrics", "export")
    assert [line.partition(":")[0] for line in done.output.splitlines()] == [
        f"dev_{line.partition(':')[0]}" for line in exported
    ]
    assert rows_of(session, "dev_metrics.sales_by_month") == rows_of(
        session, "metrics.sales_by_month"
    )
    assert session.execute("select measure(units) from dev_metrics.sales") == [(298_712,)]
    assert session.execute("describe history metrics.sales_by_month limit 1") == produced
    session.execute("drop schema dev_gold cascade")
    session.execute("drop schema dev_metrics cascade")


def test_validation_against_the_warehouse_finds_nothing(exported):
    validated = lakehouse("metrics", "validate")
    assert validated.exit_code == 0, validated.output
    assert "ERROR" not in validated.output


def test_validation_sees_what_spark_refuses(project):
    with pytest.raises(SqlError, match="UNRESOLVED_COLUMN") as refused:
        project.sql_client.dry_run("select nothing_there from gold.fct_sales")
    assert "\tat " not in refused.value.message


def test_the_readme_query_answers_with_decimals(exported):
    asked = (
        "query",
        "--metrics",
        "revenue,average_invoice_value",
        "--group-by",
        "metric_time__month",
        "--quiet",
    )
    shown = lakehouse("metrics", *asked, "--order", "metric_time__month")
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert "2021-01-01T00:00:00   9641614.62" in lines[2]


@pytest.fixture(scope="module")
def sales_files(built, server) -> Iterator[Path]:
    """The folder of `pruned.fct_sales`, a copy of the fact: a folder inside for each month."""
    with Session(server) as session:
        session.execute("create schema pruned")
        session.execute(
            """create table pruned.fct_sales using delta partitioned by (invoice_month) as
            select * from gold.fct_sales distribute by invoice_month"""
        )
        yield server.home / "warehouse" / "pruned.db" / "fct_sales"
        session.execute("drop schema pruned cascade")


@contextmanager
def only(folder: Path, months: list[str]) -> Iterator[None]:
    """The files of other months are away meanwhile: a query that reads one of them fails."""
    hidden = [each for each in folder.glob("invoice_month=*") if each.name[14:21] not in months]
    for each in hidden:
        each.rename(each.with_name(f"_{each.name}"))
    try:
        yield
    finally:
        for each in hidden:
            each.with_name(f"_{each.name}").rename(each)


def filtered(grain: str, condition: str) -> dict:
    return {"where_constraints": [f"{{{{ TimeDimension('metric_time', '{grain}') }}}} {condition}"]}


JUNE = {"time_constraint_start": datetime(2022, 6, 1), "time_constraint_end": datetime(2022, 6, 30)}
A_YEAR = [f"2022-{month:02}" for month in range(1, 13)]


@pytest.mark.parametrize(
    ("metrics", "by", "asked", "months"),
    [
        (
            "revenue",
            "metric_time__day",
            filtered("day", "between '2022-06-02' and '2022-06-20'"),
            ["2022-06"],
        ),
        ("revenue", "metric_time__day", filtered("week", "= '2022-06-06'"), ["2022-06"]),
        (
            "revenue",
            "metric_time__month",
            filtered("week", "in ('2022-05-30', '2022-06-06')"),
            ["2022-05", "2022-06"],
        ),
        (
            "revenue",
            "metric_time__week",
            filtered("week", "= '2022-02-28'"),
            ["2022-02", "2022-03"],
        ),
        ("revenue", "customer__gender", filtered("week", "= '2022-06-06'"), ["2022-06"]),
        (
            "premium_share weekend_share",
            "metric_time__month",
            filtered("week", "= '2022-06-06'"),
            ["2022-06"],
        ),
        ("revenue", "metric_time__month", filtered("month", "= '2022-06-01'"), ["2022-06"]),
        (
            "revenue",
            "metric_time__month",
            filtered("quarter", "= '2022-04-01'"),
            ["2022-04", "2022-05", "2022-06"],
        ),
        ("revenue", "metric_time__month", filtered("year", "= '2022-01-01'"), A_YEAR),
        (
            "revenue",
            "metric_time__month",
            filtered("fiscal_quarter", "= '2022-05-01'"),
            ["2022-05", "2022-06", "2022-07"],
        ),
        ("revenue", "metric_time__month", JUNE, ["2022-06"]),
        ("revenue", "metric_time__fiscal_quarter", JUNE, ["2022-06"]),
        ("revenue", "metric_time__week", JUNE, ["2022-05", "2022-06", "2022-07"]),
        ("revenue_growth_month_over_month", "metric_time__month", JUNE, ["2022-05", "2022-06"]),
        (
            "revenue_growth_year_over_year",
            "metric_time__month",
            filtered("month", "= '2022-06-01'"),
            ["2021-06", "2022-06"],
        ),
        (
            "revenue_rolling_3_months",
            "metric_time__month",
            JUNE,
            ["2022-03", "2022-04", "2022-05", "2022-06"],
        ),
    ],
)
def test_a_filter_on_time_reads_only_the_months_asked_for(
    project, sales_files, session, metrics, by, asked, months
):
    sql = explained(project, metric_names=metrics.split(), group_by_names=[by], **asked)
    complete = sorted(session.execute(sql))
    with only(sales_files, months):
        assert (
            sorted(session.execute(sql.replace("gold.fct_sales", "pruned.fct_sales")))
            == complete
            != []
        )


@pytest.mark.parametrize(
    ("condition", "months"),
    [
        ("metric_time__day between '2022-06-02' and '2022-06-20'", ["2022-06"]),
        ("metric_time__month = '2022-06-01'", ["2022-06"]),
        ("metric_time__fiscal_quarter = '2022-05-01'", ["2022-05", "2022-06", "2022-07"]),
    ],
)
def test_a_metric_view_reads_only_the_months_asked_for(
    project, sales_files, session, condition, months
):
    [view] = views(project)
    definition = view.definition.replace("gold.fct_sales", "pruned.fct_sales")
    session.execute(
        f"create view if not exists pruned.sales with metrics language yaml as $$\n{definition}$$"
    )
    query = f"select measure(revenue) from pruned.sales where {condition}"
    complete = session.execute(query)
    with only(sales_files, months):
        assert session.execute(query) == complete != [(None,)]


@pytest.mark.parametrize(
    ("grain", "by_month"), [("day", True), ("week", False), ("month", True), ("quarter", False)]
)
def test_a_join_on_a_date_is_one_on_its_month_where_that_follows(grain, by_month):
    sales, days = (
        SqlTableNode.create(SqlTable.from_string(f"gold.{name}")) for name in ("sales", "days")
    )
    day, date = (
        SqlColumnReferenceExpression.from_column_reference(*each)
        for each in (("d", "day"), ("s", "sold"))
    )
    cut = SqlDateTruncExpression.create(TimeGranularity(grain), date)
    on = SqlComparisonExpression.create(day, SqlComparison.EQUALS, cut)
    joined = SqlJoinDescription(sales, "s", SqlJoinType.INNER, on)
    node = SqlSelectStatementNode.create(
        "", [SqlSelectColumn(day, "day")], days, "d", join_descs=(joined,)
    )
    sql = SparkPlanRenderer({("gold.sales", "sold"): "month"}).render_sql_plan(SqlPlan(node)).sql
    assert ("s.month = (TRUNC(d.day, 'month'))" in sql) is by_month


def test_a_query_without_a_filter_reads_every_month(project, sales_files, session):
    sql = explained(project, metric_names=["revenue"], group_by_names=["metric_time__month"])
    with only(sales_files, A_YEAR), pytest.raises(SqlError, match="FILE_NOT_EXIST|does not exist"):
        session.execute(sql.replace("gold.fct_sales", "pruned.fct_sales"))


def explained(configuration, **request) -> str:
    return configuration.mf.explain(
        MetricFlowQueryRequest.create(**request)
    ).sql_statement.without_descriptions.sql


def test_explained_sql_runs_as_plain_sql_in_beeline(exported, server, session):
    shown = lakehouse("metrics", "query", "--quiet", "--explain", "--saved-query", "sales_by_month")
    assert shown.exit_code == 0, shown.output
    run = [
        "beeline",
        "-u",
        f"jdbc:hive2://{server.address}",
        "--silent=true",
        "--outputformat=csv2",
    ]
    printed = subprocess.run([*run, "-e", shown.output], capture_output=True, text=True).stdout
    rows = [line.split(",") for line in printed.splitlines() if line.startswith("20")]
    shown = [(month[:10], revenue) for month, revenue, *_ in sorted(rows)]
    table = session.execute(
        "select metric_time__month, revenue from metrics.sales_by_month order by 1"
    )
    assert shown == [(str(month), str(revenue)) for month, revenue in table]


def test_an_error_of_spark_is_one_readable_message(exported):
    failing = "{{ Dimension('sale__category') }} + 1 = 2"
    shown = lakehouse("metrics", "query", "--quiet", "--metrics", "revenue", "--where", failing)
    assert shown.exit_code == 1
    assert "ERROR: [CAST_INVALID_INPUT] The value '" in shown.output
    assert "\tat " not in shown.output and "java." not in shown.output


def test_other_commands_start_without_metricflow():
    loaded = "import sys, ops.cli; print([name for name in sys.modules if name.startswith(('metricflow', 'dbt'))])"
    assert (
        subprocess.run(
            [sys.executable, "-c", loaded], capture_output=True, text=True
        ).stdout.strip()
        == "[]"
    )


def test_nothing_asks_the_network(exported, monkeypatch):
    def refuse(*_):
        raise AssertionError("MetricFlow asked PyPI")

    monkeypatch.setattr("update_checker.UpdateChecker.check", refuse)
    assert lakehouse("metrics", "list", "metrics").exit_code == 0


def test_the_page_is_as_the_metrics_are(exported):
    shown = lakehouse("metrics", "page")
    assert shown.exit_code == 0, shown.output
    assert shown.output == (PROJECT / "docs" / "metrics.md").read_text(), (
        "run: lakehouse metrics page > docs/metrics.md"
    )
