"""The metrics of the web shop: MetricFlow, metric views and exports agree with DuckDB."""

import pytest

from ops.metrics.views import metric_views
from tests.semantic.test_metrics import by_metric, check, exported_values, queried
from tests.semantic.web_shop import EXPECTED, KEYS, VIEWS, expected

BY_DAY, BY_MONTH = ("metric_time__day",), ("metric_time__month",)
BY_SEGMENT = ("customer__customer_segment",)
BY_CATEGORY = ("metric_time__month", "category")


def test_the_sample_has_what_the_metrics_tell_apart(web_shop):
    """Otherwise they would have the same values without their rules."""
    several = {
        "cancelled orders": "fct_orders where is_cancelled",
        "first orders": "fct_orders where not is_repeat_order",
        "repeat orders": "fct_orders where is_repeat_order",
        "orders of nobody known": "fct_orders where customer_id = 'unknown'",
        "orders after several visits": """fct_orders as orders where customer_id <> 'unknown' and (
            select count(*) from gold.fct_sessions as sessions
            where sessions.customer_id = orders.customer_id and session_started_at <= ordered_at
        ) > 1""",
        "lines without a cost": "fct_order_items where cost is null",
        "payments that failed": "fct_payments where not is_settled",
        "refunds": "fct_payments where is_refund and is_settled",
        "other currencies": "fct_payments where currency <> 'TRY'",
        "visits of nobody known": "fct_sessions where customer_id = 'unknown'",
        "contacts without an answer": "fct_interactions where satisfaction is null",
        "months": "rpt_funnel where device_type = 'mobile'",
    }
    for what, rows in several.items():
        [(count,)] = web_shop.sql(f"select count(*) from gold.{rows}").fetchall()
        assert count > 1, what


@pytest.mark.parametrize("keys", [(), BY_DAY, BY_SEGMENT], ids="-".join)
def test_metricflow_gives_the_figures_of_the_files(project, web_shop, keys):
    check(queried(project, EXPECTED, keys), web_shop, keys, expected)


def test_metricflow_gives_the_figures_of_a_fact_by_its_dimensions(project, web_shop):
    lines = VIEWS["order_items"].split()
    found = queried(project, lines, ("metric_time__month", "order_item__category"))
    check(found, web_shop, BY_CATEGORY, expected)
    visits = ["sessions", "session_to_order_rate"]
    found = queried(project, visits, ("session__device_type",))
    check(found, web_shop, ("device_type",), expected)


@pytest.mark.parametrize("name", VIEWS)
def test_a_metric_view_gives_the_figures_of_the_files(project, exported, web_shop, session, name):
    [view] = [each for each in metric_views(project.semantic_manifest) if each.name == name]
    measures = [measure.name for measure in view.measures]
    full = {column.name: column.query_name for column in view.dimensions}
    assert set(measures) == set(VIEWS[name].split())
    for keys in (BY_DAY, BY_SEGMENT, BY_CATEGORY if name == "order_items" else BY_MONTH):
        selected = ", ".join([*keys, *(f"measure({each})" for each in measures)])
        rows = session.execute(f"select {selected} from metrics.{name} group by all")
        found = by_metric(rows, keys, measures)
        check(found, web_shop, keys, expected)
        # To the last digit.
        assert found == queried(project, measures, tuple(full[key] for key in keys))


def test_an_export_gives_the_figures_of_the_files(project, exported, web_shop, session):
    queries = [q for q in project.semantic_manifest.saved_queries if q.name.startswith("shop_")]
    assert len(queries) == 2
    for query in queries:
        found, keys = exported_values(session, query, KEYS)
        check(found, web_shop, keys, expected)
