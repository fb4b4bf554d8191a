"""Metrics for SQL users: saved queries as tables or views, semantic models as metric views.

Everything is written into the schema `metrics`, behind LAKEHOUSE_SCHEMA_PREFIX
like the schemas that dbt builds. What is there and was not written from here
stays.
"""

import hashlib
import json
import os
from collections.abc import Iterator

from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow_semantic_interfaces.type_enums import EntityType
from metricflow_semantic_interfaces.type_enums.export_destination_type import ExportDestinationType

from lakehouse.errors import LakehouseError
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from ops.metrics.engine import SparkConfiguration
from ops.metrics.render import dates
from ops.metrics.views import Column, MetricView, line, metric_views

SCHEMA = "metrics"
# The table property that tells which dbt project exported a table or a view.
PROJECT = "lakehouse.project"
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
    """Write everything, drop what only an earlier export wrote, and say of each what was done.

    A table is replaced in one statement: readers see the earlier one until
    then, also when the new one fails. Spark cannot replace a metric view, so a
    new one is made first and takes the place of the earlier one in two
    statements; one that did not change stays. Raises SqlError at the first
    that Spark refuses, LakehouseError where a view has the name of somebody
    else's table; nothing is dropped then.
    """
    made = views(configuration)
    described = descriptions(configuration, made)
    project = configuration.manifest.metadata.project_name
    written = set()
    with configuration.sql_client.session() as session:
        for query in sorted(
            configuration.semantic_manifest.saved_queries, key=lambda each: each.name
        ):
            for each in query.exports:
                relation = (
                    f"{schema(each.config.schema_name)}.{each.config.alias or each.name}".lower()
                )
                yield f"{relation}: {_export_query(session, configuration, query, each, relation, described)}"
                written.add(relation)
        for view in made:
            relation = f"{schema()}.{view.name}".lower()
            yield f"{relation}: {_export_view(session, view, relation, project)}"
            written.add(relation)
        for relation in _drop_others(session, written, project):
            yield f"{relation}: dropped, nothing defines it any more"


def descriptions(configuration: SparkConfiguration, made: list[MetricView]) -> dict[str, str]:
    """What each exported column means, by the name it has there."""
    found = {column.name: column.description for view in made for column in view.dimensions}
    return found | {
        metric.name: line(metric.description) for metric in configuration.semantic_manifest.metrics
    }


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
    aggregations = (
        metric.type_params.metric_aggregation_params
        for metric in configuration.semantic_manifest.metrics
    )
    return any(each.semantic_model == model for each in aggregations if each)


def saved_query_sql(configuration: SparkConfiguration, name: str) -> str:
    """The SQL that MetricFlow makes of a saved query."""
    explained = configuration.mf.explain(MetricFlowQueryRequest.create(saved_query_name=name))
    return explained.sql_statement.without_descriptions.sql


def _export_query(
    session: Session, configuration, query, given, relation: str, described: dict[str, str]
) -> str:
    sql = saved_query_sql(configuration, query.name)
    project = configuration.manifest.metadata.project_name
    columns = []
    selected = []
    for name, kind, *_ in session.execute(f"describe query {sql}"):
        column = column_name(configuration, name)
        # MetricFlow has days and longer periods as timestamps at midnight.
        period = kind == "timestamp" and name.rpartition("__")[2] in (
            "day",
            "week",
            "month",
            "quarter",
            "year",
        )
        selected.append(f"{f'cast({name} as date)' if period else name} as {column}")
        columns.append(Column(column, name, described.get(column, "")))
    kind = "view" if given.config.export_as is ExportDestinationType.VIEW else "table"
    session.execute(f"create schema if not exists {relation.partition('.')[0]}")
    clear(session, relation, kind, project)
    about = f"comment {literal(line(query.description))} tblproperties ({literal(PROJECT)} = {literal(project)})"
    body = f"select {', '.join(selected)} from (\n{sql}\n)"
    if kind == "view":
        session.execute(
            f"create or replace view {relation} ({_comments(columns)}) {about} as {body}"
        )
        return "view"
    session.execute(f"create or replace table {relation} using delta {about} as {body}")
    # Delta's log knows the rows written; counting them would take longer than writing them.
    history = session.query(f"describe history {relation} limit 1")
    [commit] = (dict(zip(history.columns, row, strict=True)) for row in history.rows)
    session.execute(f"alter table {relation} alter column {_comments(columns)}")
    return f"table of {json.loads(commit['operationMetrics'])['numOutputRows']} rows"


def _export_view(session: Session, view: MetricView, relation: str, project: str) -> str:
    columns = view.dimensions + view.measures
    stamp = hashlib.sha256(
        repr((view.definition, columns, view.description, project)).encode()
    ).hexdigest()
    sentence = f"metric view of {len(view.measures)} metrics by {len(view.dimensions)} dimensions"
    place, name = relation.split(".")
    session.execute(f"create schema if not exists {place}")
    if (
        name in _names(session, place, "view")
        and _properties(session, relation).get(DEFINITION) == stamp
    ):
        return f"{sentence}, unchanged"
    new = f"{relation}__new"
    session.execute(f"drop view if exists {new}")
    properties = (
        f"{literal(PROJECT)} = {literal(project)}, {literal(DEFINITION)} = {literal(stamp)}"
    )
    session.execute(
        f"create view {new} ({_comments(columns)}) with metrics language yaml comment {literal(view.description)} "
        f"tblproperties ({properties}) as $$\n{view.definition}$$"
    )
    clear(session, relation, "nothing", project)
    session.execute(f"alter view {new} rename to {relation}")
    return sentence


def _names(session: Session, place: str, kind: str) -> set[str]:
    """The views, or the tables and the views, of a schema."""
    return {name for _, name, _ in session.execute(f"show {kind}s in {place}")}


def _properties(session: Session, relation: str) -> dict[str, str]:
    return dict(session.execute(f"show tblproperties {relation}"))


def clear(session: Session, relation: str, kind: str, project: str) -> None:
    """Drop what has the relation's name and is of another kind, which `create or replace` would refuse.

    Raises LakehouseError where that is a table which the project did not export.
    """
    place, name = relation.split(".")
    if name in _names(session, place, "view"):
        if kind != "view":
            session.execute(f"drop view {relation}")
    elif name in _names(session, place, "table") and kind != "table":
        if _properties(session, relation).get(PROJECT) != project:
            raise LakehouseError(f"{relation} is a table that no export wrote", "rename or drop it")
        session.execute(f"drop table {relation}")


def _drop_others(session: Session, written: set[str], project: str) -> Iterator[str]:
    """Drop what an export of this project wrote earlier, but not now; what others made stays."""
    for place in sorted({relation.partition(".")[0] for relation in written}):
        for name in sorted(_names(session, place, "table")):
            relation = identifier(place, name)
            if (
                f"{place}.{name}" in written
                or _properties(session, relation).get(PROJECT) != project
            ):
                continue
            session.execute(
                f"drop {'view' if name in _names(session, place, 'view') else 'table'} {relation}"
            )
            yield f"{place}.{name}"


def _comments(columns) -> str:
    return ", ".join(f"{column.name} comment {literal(column.description)}" for column in columns)
