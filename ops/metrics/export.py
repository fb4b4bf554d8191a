"""Metrics for SQL users: saved queries as tables or views, semantic models as metric views.

Everything is written into the schema `metrics`, behind LAKEHOUSE_SCHEMA_PREFIX
like the schemas that dbt builds.
"""

import hashlib
import os
from collections.abc import Iterator

from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow_semantic_interfaces.type_enums import EntityType
from metricflow_semantic_interfaces.type_enums.export_destination_type import ExportDestinationType

from loaders.sql import literal
from ops.metrics.engine import SparkConfiguration
from ops.metrics.render import dates
from ops.metrics.views import Column, MetricView, line, metric_views
from ops.thrift import Session

SCHEMA = "metrics"
# The table property that tells whether a metric view is as it would be made anew.
DEFINITION = "lakehouse.definition"


def schema(name: str = SCHEMA) -> str:
    """A schema's name behind the prefix of the environment."""
    return os.environ.get("LAKEHOUSE_SCHEMA_PREFIX", "") + name


def views(configuration: SparkConfiguration) -> list[MetricView]:
    """The metric views of the project."""
    renderer = configuration.sql_client.sql_plan_renderer.expr_renderer
    return metric_views(configuration, renderer, dates(configuration.manifest))


def export(configuration: SparkConfiguration) -> Iterator[str]:
    """Write everything, and say of each what was done.

    A table is replaced in one statement: readers see the earlier one until
    then, also when the new one fails. Spark cannot replace a metric view, so a
    new one is made first and takes the place of the earlier one in two
    statements; one that did not change stays. Raises SqlError at the first
    that Spark refuses.
    """
    made = views(configuration)
    described = descriptions(configuration, made)
    with configuration.sql_client.session() as session:
        for query in sorted(configuration.semantic_manifest.saved_queries, key=lambda each: each.name):
            for each in query.exports:
                yield _export_query(session, configuration, query, each, described)
        for view in made:
            yield _export_view(session, view)


def descriptions(configuration: SparkConfiguration, made: list[MetricView]) -> dict[str, str]:
    """What each exported column means, by the name it has there."""
    found = {column.name: column.description for view in made for column in view.dimensions}
    return found | {metric.name: line(metric.description) for metric in configuration.semantic_manifest.metrics}


def column_name(configuration: SparkConfiguration, name: str) -> str:
    """MetricFlow's name of a column as the metric views have it: own dimensions without their entity."""
    keys = {
        e.name
        for model in configuration.semantic_manifest.semantic_models
        if measured(configuration, model.name)
        for e in model.entities
        if e.type is EntityType.PRIMARY
    }
    entity, _, element = name.partition("__")
    return element if entity in keys and element else name


def measured(configuration: SparkConfiguration, model: str) -> bool:
    """Whether a semantic model has metrics of its own."""
    aggregations = (metric.type_params.metric_aggregation_params for metric in configuration.semantic_manifest.metrics)
    return any(each.semantic_model == model for each in aggregations if each)


def saved_query_sql(configuration: SparkConfiguration, name: str) -> str:
    """The SQL that MetricFlow makes of a saved query."""
    explained = configuration.mf.explain(MetricFlowQueryRequest.create(saved_query_name=name))
    return explained.sql_statement.without_descriptions.sql


def _export_query(session: Session, configuration, query, given, described: dict[str, str]) -> str:
    place = schema(given.config.schema_name)
    relation = f"{place}.{given.config.alias or given.name}"
    sql = saved_query_sql(configuration, query.name)
    columns = []
    selected = []
    for name, kind, *_ in session.execute(f"describe query {sql}"):
        column = column_name(configuration, name)
        # MetricFlow has days and longer periods as timestamps at midnight.
        period = kind == "timestamp" and name.rpartition("__")[2] in ("day", "week", "month", "quarter", "year")
        selected.append(f"{f'cast({name} as date)' if period else name} as {column}")
        columns.append(Column(column, name, described.get(column, "")))
    kind = "view" if given.config.export_as is ExportDestinationType.VIEW else "table"
    session.execute(f"create schema if not exists {place}")
    _clear(session, relation, kind)
    body = f"select {', '.join(selected)} from (\n{sql}\n)"
    comment = f"comment {literal(line(query.description))}"
    if kind == "view":
        session.execute(f"create or replace view {relation} ({_comments(columns)}) {comment} as {body}")
        return f"{relation}: view"
    session.execute(f"create or replace table {relation} using delta {comment} as {body}")
    session.execute(f"alter table {relation} alter column {_comments(columns)}")
    [(rows,)] = session.execute(f"select count(*) from {relation}")
    return f"{relation}: table of {rows} rows"


def _export_view(session: Session, view: MetricView) -> str:
    place = schema()
    relation = f"{place}.{view.name}"
    columns = view.dimensions + view.measures
    stamp = hashlib.sha256(repr((view.definition, columns, view.description)).encode()).hexdigest()
    sentence = f"{relation}: metric view of {len(view.measures)} metrics by {len(view.dimensions)} dimensions"
    session.execute(f"create schema if not exists {place}")
    if view.name in _names(session, place, "view"):
        properties = dict(session.execute(f"show tblproperties {relation}"))
        if properties.get(DEFINITION) == stamp:
            return f"{sentence}, unchanged"
    new = f"{relation}__new"
    session.execute(f"drop view if exists {new}")
    session.execute(
        f"create view {new} ({_comments(columns)}) with metrics language yaml comment {literal(view.description)} "
        f"tblproperties ({literal(DEFINITION)} = {literal(stamp)}) as $$\n{view.definition}$$"
    )
    _clear(session, relation, "nothing")
    session.execute(f"alter view {new} rename to {relation}")
    return sentence


def _names(session: Session, place: str, kind: str) -> set[str]:
    return {name for _, name, _ in session.execute(f"show {kind}s in {place}")}


def _clear(session: Session, relation: str, kind: str) -> None:
    """Drop what has the relation's name and is of another kind, which `create or replace` would refuse."""
    place, name = relation.split(".")
    if name in _names(session, place, "view"):
        if kind != "view":
            session.execute(f"drop view {relation}")
    elif name in _names(session, place, "table") and kind != "table":
        session.execute(f"drop table {relation}")


def _comments(columns) -> str:
    return ", ".join(f"{column.name} comment {literal(column.description)}" for column in columns)
