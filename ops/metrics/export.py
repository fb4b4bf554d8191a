"""Metrics for SQL users: saved queries as tables or views, semantic models as metric views.

dbt-core runs no exports (https://github.com/dbt-labs/dbt-core/issues/15752), so this module does.
It writes into the schema `metrics`, with the prefix LAKEHOUSE_SCHEMA_PREFIX like the schemas that
dbt builds. Tables and views that no export wrote stay.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow_semantic_interfaces.protocols import SavedQuery, SemanticManifest
from metricflow_semantic_interfaces.type_enums.export_destination_type import ExportDestinationType

from lakehouse.delta import last_commit
from lakehouse.errors import LakehouseError
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session, SqlError
from ops.metrics.engine import SparkConfiguration
from ops.metrics.measures import primary_entity, source_models
from ops.metrics.schema import schema
from ops.metrics.views import Column, MetricView, is_period, line, metric_views
from releases.views import PUBLISHED, shown

# Table property: the dbt project that exported the table or view.
PROJECT = "lakehouse.project"
# Property of a metric view: hash of its definition.
DEFINITION = "lakehouse.definition"
# Setting of the text in a table's commits: hash of its definition and of the versions it reads.
STAMP = "spark.databricks.delta.commitInfo.userMetadata"
# Delta's names of the last statement of an export: the comments of one column or of several.
LAST = ("CHANGE COLUMN", "CHANGE COLUMNS")


# As many as dbt has threads: Spark plans a statement on one core.
JOBS = 4
# Writes a relation of a project; returns a phrase for the output.
Writer = Callable[[Session, str, str], str]


@dataclass(frozen=True)
class Export:
    """What a saved query's tables and views are written from.

    `own` are the entities that its columns are named without, `descriptions` those of its columns.
    `stamp` is a hash of all that decides its rows, or empty if that cannot be told.
    """

    description: str
    sql: str
    own: set[str | None]
    descriptions: Mapping[str, str]
    stamp: str

    def columns(self, session: Session) -> Iterator[Column]:
        """The columns: a day or a longer period is a date."""
        for name, kind, *_ in session.execute(f"describe query {self.sql}"):
            column = column_name(name, self.own)
            period = kind == "timestamp" and is_period(name)
            expression = f"cast({name} as date)" if period else name
            yield Column(column, expression, self.descriptions.get(column, ""), name)

    def body(self, columns: Iterable[Column]) -> str:
        """The SELECT of the columns."""
        selected = ", ".join(f"{column.expr} as {column.name}" for column in columns)
        return f"select {selected} from (\n{self.sql}\n)"

    def about(self, project: str) -> str:
        """The clauses of a definition that describe the relation and name its project."""
        properties = f"tblproperties ({literal(PROJECT)} = {literal(project)})"
        return f"comment {literal(self.description)} {properties}"


def export(configuration: SparkConfiguration) -> Iterator[str]:
    """Write all tables and views, JOBS at a time, then drop others that an earlier export wrote.

    Yields a line for each. A table is replaced in one statement: readers see the previous table
    until the new one is complete. It is left as it is if neither it nor what it reads has changed.
    Spark cannot replace a metric view: a changed view is created under another name, and renamed
    after the previous one is dropped. Raises SqlError for a statement that fails, and
    LakehouseError if a view has the name of a table that no export wrote. After an error, earlier
    exports are not dropped.
    """
    manifest = configuration.semantic_manifest
    project = configuration.manifest.metadata.project_name
    views = metric_views(manifest)
    with configuration.sql_client.session() as session:
        writers = _writers(configuration, views, _versions(session, manifest))
        for place in sorted({relation.partition(".")[0] for relation in writers}):
            session.execute(f"create schema if not exists {place}")

        def write(relation: str) -> str:
            with configuration.sql_client.session() as its:
                return f"{relation}: {writers[relation](its, relation, project)}"

        with ThreadPoolExecutor(JOBS) as pool:
            yield from pool.map(write, writers)
        for relation in _drop_others(session, set(writers), project):
            yield f"{relation}: dropped, it has no definition any more"


def _writers(
    configuration: SparkConfiguration, views: list[MetricView], sources: list[tuple]
) -> dict[str, Writer]:
    """What writes each relation: the saved queries' tables and views, then the metric views."""
    manifest = configuration.semantic_manifest
    project = configuration.manifest.metadata.project_name
    own = entities(manifest)
    writers: dict[str, Writer] = {}
    for query in saved_queries(manifest):
        sql = saved_query_sql(configuration, query.name)
        described = _descriptions(query, views, manifest, own)
        stamp = _hash(sql, query.description, described, project, sources) if sources else ""
        export = Export(line(query.description), sql, own, described, stamp)
        for each in query.exports:
            relation = f"{schema(each.config.schema_name)}.{each.config.alias or each.name}".lower()
            is_view = each.config.export_as is ExportDestinationType.VIEW
            writers[relation] = partial(_write_view if is_view else _write_table, export)
    for view in views:
        writers[f"{schema()}.{view.name}".lower()] = partial(_write_metric_view, view)
    return writers


def saved_queries(manifest: SemanticManifest) -> list[SavedQuery]:
    """The project's saved queries, in the order of their names."""
    return sorted(manifest.saved_queries, key=lambda each: each.name)


def saved_query_sql(configuration: SparkConfiguration, name: str) -> str:
    """The SQL that MetricFlow generates for a saved query."""
    explained = configuration.mf.explain(MetricFlowQueryRequest.create(saved_query_name=name))
    return explained.sql_statement.without_descriptions.sql


def entities(manifest: SemanticManifest) -> set[str | None]:
    """The primary entities of the models that have metrics."""
    aggregations = (each.type_params.metric_aggregation_params for each in manifest.metrics)
    models = {each.semantic_model for each in aggregations if each}
    return {primary_entity(each) for each in manifest.semantic_models if each.name in models}


def column_name(name: str, own: set[str | None]) -> str:
    """MetricFlow's name of a column, without its entity if that is one of `own`."""
    entity, _, element = name.partition("__")
    return element if entity in own and element else name


def _descriptions(
    query: SavedQuery,
    views: list[MetricView],
    manifest: SemanticManifest,
    own: set[str | None],
) -> dict[str, str]:
    """The descriptions of the metrics of a saved query, and of the dimensions of its facts."""
    metrics = {metric.name: metric for metric in manifest.metrics}
    asked = query.query_params.metrics
    models = set().union(*(source_models(metrics[name], metrics) for name in asked))
    found = {name: line(metrics[name].description) for name in asked}
    for view in views:
        for column in view.dimensions if view.name in models else ():
            name = column_name(column.query_name, own)
            if found.setdefault(name, column.description) != column.description:
                # Only times differ: each fact has its own.
                found[name] = "Time of each metric, by its own fact."
    return found


def _hash(*content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _versions(session: Session, manifest: SemanticManifest) -> list[tuple]:
    """What the views that metrics read show, and since when; nothing if one shows no release."""
    relations = {
        (each.node_relation.schema_name, each.node_relation.alias.lower())
        for each in manifest.semantic_models
    }
    found = shown(session)
    if not all(place == PUBLISHED and name in found for place, name in relations):
        return []
    return sorted((name, *found[name]) for _, name in relations)


def _is_current(session: Session, relation: str, stamp: str) -> bool:
    """Whether the last commit of a table is the end of its export with this stamp."""
    try:
        commit = last_commit(session, relation)
    except SqlError:
        return False
    return commit["operation"] in LAST and commit["userMetadata"] == stamp


def _write_table(export: Export, session: Session, relation: str, project: str) -> str:
    if export.stamp and _is_current(session, relation, export.stamp):
        return "table, unchanged"
    columns = list(export.columns(session))
    make_room(session, relation, "table", project)
    if export.stamp:
        session.execute(f"set {STAMP} = {export.stamp}")
    session.execute(
        f"create or replace table {relation} using delta {export.about(project)} "
        f"as {export.body(columns)}"
    )
    # Delta's log has the number of rows; counting them takes longer than writing them.
    commit = last_commit(session, relation)
    session.execute(f"alter table {relation} alter column {_comments(columns)}")
    return f"table of {json.loads(commit['operationMetrics'])['numOutputRows']} rows"


def _write_view(export: Export, session: Session, relation: str, project: str) -> str:
    columns = list(export.columns(session))
    make_room(session, relation, "view", project)
    session.execute(
        f"create or replace view {relation} ({_comments(columns)}) {export.about(project)} "
        f"as {export.body(columns)}"
    )
    return "view"


def _write_metric_view(view: MetricView, session: Session, relation: str, project: str) -> str:
    columns = view.dimensions + view.measures
    stamp = _hash(view.definition, columns, view.description, project)
    phrase = f"metric view of {len(view.measures)} metrics by {len(view.dimensions)} dimensions"
    place, name = relation.split(".")
    exists = name in _names(session, place, "view")
    if exists and _properties(session, relation).get(DEFINITION) == stamp:
        return f"{phrase}, unchanged"
    new = f"{relation}__new"
    session.execute(f"drop view if exists {new}")
    properties = (
        f"{literal(PROJECT)} = {literal(project)}, {literal(DEFINITION)} = {literal(stamp)}"
    )
    session.execute(
        f"create view {new} ({_comments(columns)}) with metrics language yaml "
        f"comment {literal(view.description)} tblproperties ({properties}) "
        f"as $$\n{view.definition}$$"
    )
    make_room(session, relation, "metric view", project)
    session.execute(f"alter view {new} rename to {relation}")
    return phrase


def make_room(session: Session, relation: str, kind: str, project: str) -> None:
    """Drop a relation that cannot be replaced by a `table`, `view` or `metric view` (`kind`).

    `create or replace` cannot change a table into a view, or a view into a table, and a rename
    cannot replace a relation. Raises LakehouseError for a table that the project did not export.
    """
    place, name = relation.split(".")
    if name in _names(session, place, "view"):
        if kind != "view":
            session.execute(f"drop view {relation}")
    elif name in _names(session, place, "table") and kind != "table":
        if _properties(session, relation).get(PROJECT) != project:
            raise LakehouseError(f"{relation} is a table that no export wrote", "rename or drop it")
        session.execute(f"drop table {relation}")


def _names(session: Session, place: str, kind: str) -> set[str]:
    """Names in a schema: of the views for the kind `view`, of tables and views for `table`."""
    return {name for _, name, _ in session.execute(f"show {kind}s in {place}")}


def _properties(session: Session, relation: str) -> dict[str, str]:
    return dict(session.execute(f"show tblproperties {relation}"))


def _drop_others(session: Session, written: set[str], project: str) -> Iterator[str]:
    """Drop relations that only an earlier export of this project wrote; yields their names."""
    for place in sorted({relation.partition(".")[0] for relation in written}):
        views = _names(session, place, "view")
        for name in sorted(_names(session, place, "table")):
            relation = identifier(place, name)
            exported = _properties(session, relation).get(PROJECT) == project
            if exported and f"{place}.{name}" not in written:
                session.execute(f"drop {'view' if name in views else 'table'} {relation}")
                yield f"{place}.{name}"


def _comments(columns: Iterable[Column]) -> str:
    return ", ".join(f"{column.name} comment {literal(column.description)}" for column in columns)
