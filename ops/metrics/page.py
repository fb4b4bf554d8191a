"""docs/metrics.md: the template page.md.jinja over the semantic manifest."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
from dbt.contracts.graph.manifest import Manifest
from metricflow_semantic_interfaces.protocols import Metric, MetricInput, SemanticManifest
from metricflow_semantic_interfaces.type_enums import MetricType

from ops.metrics.export import column_name, entities, saved_queries
from ops.metrics.measures import source_models
from ops.metrics.views import Column, line, metric_views

TEMPLATE = Path(__file__).with_name("page.md.jinja")
# The order of the metrics on the page.
TYPES = (
    MetricType.SIMPLE,
    MetricType.RATIO,
    MetricType.DERIVED,
    MetricType.CUMULATIVE,
    MetricType.CONVERSION,
)


def owners(manifest: Manifest) -> dict[str, str]:
    """The owner of each metric's group, by the name of the metric."""
    groups = {group.name: group.owner.name for group in manifest.groups.values()}
    return {metric.name: groups[metric.group] for metric in manifest.metrics.values()}


def page(manifest: SemanticManifest, owners: Mapping[str, str]) -> str:
    """The page's Markdown, rendered from the definitions and the owners of the metrics.

    Raises jinja2.UndefinedError if the `meta` of a metric has no question or unit.
    """
    by_name = {metric.name: metric for metric in manifest.metrics}
    public = [metric for metric in manifest.metrics if not metric.type_params.is_private]
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(TEMPLATE.read_text()).render(
        metrics=sorted(public, key=lambda each: (TYPES.index(each.type), each.name)),
        views=(views := metric_views(manifest)),
        shared=sorted(dict.fromkeys(c for view in views for c in view.shared), key=_entity),
        joined=lambda view: list(dict.fromkeys(map(_entity, view.shared))),
        exports=_exports(manifest),
        definition=definition,
        models=lambda metric: sorted(source_models(metric, by_name)),
        line=line,
        owners=owners,
    )


def _entity(column: Column) -> str:
    """The entity through which a shared dimension is joined."""
    return column.name.partition("__")[0]


def _exports(manifest: SemanticManifest) -> list[dict]:
    """The exports of saved queries: name, kind, description, metrics and columns of each."""
    own = entities(manifest)
    return [
        {
            "name": f"metrics.{export.config.alias or export.name}",
            "kind": export.config.export_as.value,
            "description": line(query.description),
            "metrics": query.query_params.metrics,
            "columns": [
                *(column_name(requested(item), own) for item in query.query_params.group_by),
                *query.query_params.metrics,
            ],
        }
        for query in saved_queries(manifest)
        for export in query.exports
    ]


def requested(item: str) -> str:
    """A saved query's `TimeDimension('metric_time', 'month')` -> `metric_time__month`."""
    return "__".join(item.split("'")[1::2])


def definition(metric: Metric) -> str:
    """The computation of a metric, in one line of Markdown."""
    parameters = metric.type_params
    if metric.type is MetricType.SIMPLE:
        aggregation = parameters.metric_aggregation_params
        function = aggregation.agg.value.replace("_", " ")
        if aggregation.agg_params and aggregation.agg_params.percentile is not None:
            function = f"{function} {aggregation.agg_params.percentile}"
        return f"{function} of `{parameters.expr or metric.name}`"
    if metric.type is MetricType.RATIO:
        return f"{_input(parameters.numerator)} / {_input(parameters.denominator)}"
    if metric.type is MetricType.DERIVED:
        named = [each for each in parameters.metrics if each.alias]
        inputs = (f", where `{each.alias}` is {_input(each)}" for each in named)
        return f"`{parameters.expr}`" + "".join(inputs)
    if metric.type is MetricType.CUMULATIVE:
        given = parameters.cumulative_type_params
        window = "all time"
        if given.window:
            window = f"{given.window.count} {given.window.granularity}s"
        elif given.grain_to_date:
            window = f"the {given.grain_to_date} to date"
        return f"{_input(given.metric)} over {window}"
    given = parameters.conversion_type_params
    event, start = _input(given.conversion_metric), _input(given.base_metric)
    limit = f"within {given.window.count} {given.window.granularity}s " if given.window else ""
    return (
        f"{event} {limit}after {start} of the same {given.entity}, per `{given.base_metric.name}`"
    )


def _input(given: MetricInput) -> str:
    text = f"`{given.name}`"
    if given.filter:
        conditions = (f"`{each.where_sql_template}`" for each in given.filter.where_filters)
        text += f" where {' and '.join(conditions)}"
    if given.offset_window:
        text += f" {given.offset_window.count} {given.offset_window.granularity} earlier"
    if given.offset_to_grain:
        text += f" at the start of the {given.offset_to_grain}"
    return text
