"""The definitions of metrics and what is rendered from them; these tests need no server."""

import re
import subprocess
import sys

import pytest
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow_semantic_interfaces.type_enums import DimensionType

from lakehouse.settings import PROJECT
from ops.metrics.page import owners, page
from ops.metrics.views import metric_views
from tests.conftest import lakehouse


def explained(configuration, **request) -> str:
    request = MetricFlowQueryRequest.create(**request)
    return configuration.mf.explain(request).sql_statement.without_descriptions.sql


def test_every_metric_has_a_description_owner_unit_and_question(definitions):
    for metric in definitions.semantic_manifest.metrics:
        assert metric.description and metric.label
        assert set(metric.config.meta) == {"unit", "question"}, metric.name
    teams = {"Sales Analytics", "Customer Insights", "Web Shop"}
    assert set(owners(definitions.manifest).values()) == teams


def test_the_committed_page_has_the_current_definitions(definitions):
    committed = (PROJECT / "docs" / "metrics.md").read_text()
    rendered = page(definitions.semantic_manifest, owners(definitions.manifest))
    assert rendered == committed, "run: lakehouse metrics page > docs/metrics.md"


def test_the_page_has_every_metric_dimension_and_export(definitions):
    manifest = definitions.semantic_manifest
    rendered = lakehouse("metrics", "page").output
    exports = [export.name for query in manifest.saved_queries for export in query.exports]
    dimensions = [
        each.name
        for model in manifest.semantic_models
        for each in model.dimensions
        if each.type is DimensionType.CATEGORICAL  # The page calls a time metric_time.
    ]
    for metric in manifest.metrics:
        assert f"\n### {metric.name}\n" in rendered
        assert metric.config.meta["question"] in rendered
    for name in [*exports, *dimensions, "metric_time__fiscal_quarter"]:
        assert re.search(rf"{name}`", rendered), name


def test_a_metric_view_has_a_reason_for_each_metric_that_it_lacks(definitions):
    views = {view.name: view for view in metric_views(definitions.semantic_manifest)}
    metrics = {metric.name: metric.type.value for metric in definitions.semantic_manifest.metrics}
    shown = {measure.name for view in views.values() for measure in view.measures}
    lacking = {name: why for view in views.values() for name, why in view.unsupported.items()}
    assert not shown & lacking.keys() and shown | lacking.keys() == metrics.keys()
    kinds = ("derived", "cumulative", "conversion")
    two_facts = {"average_order_value"}
    assert lacking.keys() == {name for name in metrics if metrics[name] in kinds} | two_facts
    assert "window" in lacking["revenue_year_to_date"]
    assert "another period" in lacking["revenue_growth_month_over_month"]
    for name in ("orders", "sessions"):
        assert "also reads" in views[name].unsupported["session_to_order_rate"]


def test_the_words_of_malls_and_web_shop_do_not_clash(definitions):
    """A word has one meaning: the metric of one subject is no metric or dimension of another."""
    manifest = definitions.semantic_manifest
    metrics = {metric.name for metric in manifest.metrics}
    dimensions = {each.name for model in manifest.semantic_models for each in model.dimensions}
    assert not metrics & dimensions
    exports = {export.name for query in manifest.saved_queries for export in query.exports}
    assert not exports & {view.name for view in metric_views(manifest)}


@pytest.mark.parametrize("by", ["metric_time__month", "metric_time__month sale__category"])
def test_sales_are_summed_before_a_range_join(definitions, by):
    """Otherwise the join has as many rows more as a day has sales."""
    sql = explained(definitions, metric_names=["revenue_year_to_date"], group_by_names=by.split())
    summed = re.findall(r"SUM\(\w+\.(\w+)\) AS (\w+)", sql)
    assert summed == [("total_amount", "revenue_year_to_date"), ("total_amount", "total_amount")]


def test_a_quotient_is_not_cast_to_double(definitions):
    sql = explained(definitions, metric_names=["average_invoice_value"])
    assert "/ NULLIF(" in sql and "DOUBLE" not in sql


def test_other_commands_start_without_metricflow():
    listed = "[name for name in sys.modules if name.startswith(('metricflow', 'dbt'))]"
    code = f"import sys, ops.cli; print({listed})"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert started.stdout.strip() == "[]"


def test_no_command_asks_pypi_for_a_newer_version(environment, monkeypatch):
    def refuse(*_):
        raise AssertionError("MetricFlow asked PyPI")

    monkeypatch.setattr("update_checker.UpdateChecker.check", refuse)
    assert lakehouse("metrics", "list", "metrics").exit_code == 0
