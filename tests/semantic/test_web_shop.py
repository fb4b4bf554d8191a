"""The metrics of the web shop: MetricFlow, metric views and exports agree with DuckDB."""

import pytest

from ops.metrics.views import metric_views
from tests.semantic.test_metrics import by_metric, check, exported_values, queried
from tests.semantic.web_shop import EXPECTED, KEYS, VIEWS, expected, with_facts

BY_DAY, BY_MONTH = ("metric_time__day",), ("metric_time__month",)
BY_SEGMENT = ("customer__customer_segment",)
BY_CATEGORY = ("metric_time__month", "category")


@pytest.fixture(scope="module")
def files(web_shop):
    """DuckDB with the facts of the sample's files."""
    return with_facts(web_shop)


def test_the_sample_has_what_the_metrics_tell_apart(files):
    """Otherwise they would have the same values without their rules."""
    several = {
        "cancelled orders": "from orders where not is_sale",
        "unknown customers": "from orders where customer_id = 'unknown'",
        "lines without a cost": "from lines where cost is null",
        "months": "from (select distinct date_trunc('month', day) from orders)",
        "payments that failed": "from payments where not has_moved",
        "refunds": "from payments where lira < 0 and has_moved",
        "other currencies": "from payments where currency <> 'TRY'",
        "visits of nobody known": "from visits where customer_id = 'unknown'",
        "contacts without an answer": "from contacts where satisfaction is null",
    }
    for what, rows in several.items():
        [(count,)] = files.execute(f"select count(*) {rows}").fetchall()
        assert count > 1, what


@pytest.mark.parametrize("keys", [(), BY_DAY, BY_SEGMENT], ids="-".join)
def test_metricflow_gives_the_figures_of_the_files(project, files, keys):
    check(queried(project, EXPECTED, keys), files, keys, expected)


def test_metricflow_gives_the_figures_of_a_fact_by_its_dimensions(project, files):
    lines = VIEWS["order_items"].split()
    check(queried(project, lines, BY_CATEGORY), files, BY_CATEGORY, expected)
    visits = ["sessions", "session_to_order_rate"]
    found = queried(project, visits, ("session__device_type",))
    check(found, files, ("device_type",), expected)


@pytest.mark.parametrize("name", VIEWS)
def test_a_metric_view_gives_the_figures_of_the_files(project, exported, files, session, name):
    [view] = [each for each in metric_views(project.semantic_manifest) if each.name == name]
    measures = [measure.name for measure in view.measures]
    assert set(measures) == set(VIEWS[name].split())
    for keys in (BY_DAY, BY_SEGMENT, BY_CATEGORY if name == "order_items" else BY_MONTH):
        selected = ", ".join([*keys, *(f"measure({each})" for each in measures)])
        rows = session.execute(f"select {selected} from metrics.{name} group by all")
        found = by_metric(rows, keys, measures)
        check(found, files, keys, expected)
        # To the last digit.
        assert found == queried(project, measures, keys)


def test_an_export_gives_the_figures_of_the_files(project, exported, files, session):
    queries = [q for q in project.semantic_manifest.saved_queries if q.name.startswith("shop_")]
    assert len(queries) == 2
    for query in queries:
        found, keys = exported_values(session, query, KEYS)
        check(found, files, keys, expected)
