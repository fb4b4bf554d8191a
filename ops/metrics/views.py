"""Spark metric views, generated from MetricFlow's semantic models.

A semantic model with metrics becomes a view: `select shopping_mall, measure(revenue) from
metrics.sales group by all`. Its dimensions are those of the model and of the joined models, and the
model's time in each grain. Its measures are the metrics that are one aggregate expression. A metric
view of Spark 4.2 has no joins, windows or measures of measures, so the joins are in its source:
https://github.com/apache/spark/pull/53158
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from metricflow_semantic_interfaces.protocols import Dimension, SemanticManifest, SemanticModel
from metricflow_semantic_interfaces.type_enums import DimensionType, EntityType
from metricflow_semantic_interfaces.type_enums.time_granularity import TimeGranularity

from ops.metrics.measures import (
    MeasureBuilder,
    UnsupportedMetric,
    dimension_of,
    primary_entity,
    source_models,
    time_dimension,
    truncated,
)

# The standard grains of `metric_time` in a metric view.
GRAINS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Column:
    """A dimension or a measure of a metric view, or a column of an exported query.

    `query_name` is MetricFlow's name of it, as in `--group-by` or `--metrics`.
    """

    name: str
    expr: str
    description: str
    query_name: str


@dataclass(frozen=True)
class MetricView:
    """A metric view. `source` is the SQL that it reads.

    `own` are the dimensions of the model, `shared` those of joined models, and `times` the grains
    of `metric_time`. `unsupported` has the model's metrics that the view lacks: name -> reason.
    """

    name: str
    description: str
    source: str
    own: tuple[Column, ...]
    shared: tuple[Column, ...]
    times: tuple[Column, ...]
    measures: tuple[Column, ...]
    unsupported: dict[str, str]

    @property
    def dimensions(self) -> tuple[Column, ...]:
        """All dimensions."""
        return self.own + self.shared + self.times

    @property
    def definition(self) -> str:
        """The view's YAML."""

        def named(columns: tuple[Column, ...]) -> list[dict[str, str]]:
            return [{"name": column.name, "expr": column.expr} for column in columns]

        content = {
            "version": "0.1",
            "source": self.source,
            "dimensions": named(self.dimensions),
            "measures": named(self.measures),
        }
        return yaml.safe_dump(content, sort_keys=False, width=120)


@dataclass(frozen=True)
class Join:
    """A semantic model that another one joins by an entity.

    `reference` is the entity's SQL in the other model, `key` in the joined one.
    """

    entity: str
    reference: str
    key: str
    model: SemanticModel


@dataclass(frozen=True)
class CustomGrain:
    """A grain that a column of a calendar table defines, by the day in its column `day`."""

    name: str
    calendar: str
    day: str
    column: str


def metric_views(manifest: SemanticManifest) -> list[MetricView]:
    """The metric views of a project, in the order of their names."""
    # dbt's order of metrics and models changes with partial parsing.
    models = sorted(manifest.semantic_models, key=lambda each: each.name)
    views = (_metric_view(model, manifest) for model in models)
    return [view for view in views if view.measures]


def is_period(name: str) -> bool:
    """Whether a column's name, such as `metric_time__month`, ends with a grain of a day or more."""
    return name.rpartition("__")[2] in GRAINS


def line(text: str | None) -> str:
    """A description in one line."""
    return " ".join((text or "").split())


def _metric_view(model: SemanticModel, manifest: SemanticManifest) -> MetricView:
    metrics = {metric.name: metric for metric in manifest.metrics}
    builder = MeasureBuilder(model, metrics)
    measures: list[Column] = []
    unsupported: dict[str, str] = {}
    for name, metric in sorted(metrics.items()):
        sources = source_models(metric, metrics)
        if metric.type_params.is_private or model.name not in sources:
            continue
        try:
            if others := sorted(sources - {model.name}):
                raise UnsupportedMetric(f"it also reads {' and '.join(others)}")
            sql = builder.expression(metric)
            measures.append(Column(name, sql, line(metric.description), name))
        except UnsupportedMetric as error:
            unsupported[name] = str(error)
    joins, grains = list(_joins(model, manifest)), list(_custom_grains(model, manifest))
    return MetricView(
        name=model.name,
        description=line(model.description),
        source=_source(model, joins, grains),
        own=tuple(_own_dimensions(model)),
        shared=tuple(_joined_dimensions(joins)),
        times=tuple(_times(model, grains)),
        measures=tuple(measures),
        unsupported=unsupported,
    )


def _joins(model: SemanticModel, manifest: SemanticManifest) -> Iterator[Join]:
    """The other models whose key is an entity of the model."""
    for entity in model.entities:
        for other in manifest.semantic_models:
            for key in other.entities:
                unique = key.type in (EntityType.PRIMARY, EntityType.UNIQUE)
                if other.name != model.name and key.name == entity.name and unique:
                    reference = entity.expr or entity.name
                    yield Join(entity.name, reference, key.expr or key.name, other)


def _custom_grains(model: SemanticModel, manifest: SemanticManifest) -> Iterator[CustomGrain]:
    """The custom grains of the calendars by day, for a model that has a time."""
    for spine in manifest.project_configuration.time_spines:
        day = spine.primary_column
        if time_dimension(model) and day.time_granularity is TimeGranularity.DAY:
            for grain in spine.custom_granularities:
                calendar, column = spine.node_relation.relation_name, grain.column_name
                yield CustomGrain(grain.name, calendar, day.name, column or grain.name)


def _source(model: SemanticModel, joins: list[Join], grains: list[CustomGrain]) -> str:
    """SQL of the view's source: the rows of the model, with the dimensions of the joined models."""
    keys = [f"{join.reference} as __{join.entity}" for join in joins]
    columns, tables = ["base.*"], []
    for join in joins:
        alias, dimensions = join.entity, list(_categorical(join.model))
        named = [f"{each.expr or each.name} as {alias}__{each.name}" for each in dimensions]
        columns += [f"{alias}.{alias}__{each.name}" for each in dimensions]
        selected = ", ".join([f"{join.key} as __key", *named])
        relation = join.model.node_relation.relation_name
        tables.append(
            f"left join (select {selected} from {relation}) as {alias}\n"
            f"  on base.__{alias} = {alias}.__key"
        )
    if grains:
        time = time_dimension(model) or ""
        keys.append(f"cast({dimension_of(model, time).expr or time} as date) as __day")
    for number, grain in enumerate(grains):
        alias = f"calendar{number}"
        columns.append(f"{alias}.{grain.column} as metric_time__{grain.name}")
        tables.append(
            f"left join {grain.calendar} as {alias}\n  on base.__day = {alias}.{grain.day}"
        )
    base = f"(select {', '.join(['*', *keys])} from {model.node_relation.relation_name}) as base"
    return "\n".join([f"select {', '.join(columns)}", f"from {base}", *tables])


def _own_dimensions(model: SemanticModel) -> Iterator[Column]:
    entity = primary_entity(model)
    for each in _categorical(model):
        name, sql = each.name, each.expr or each.name
        yield Column(name, sql, line(each.description), f"{entity}__{name}")


def _joined_dimensions(joins: list[Join]) -> Iterator[Column]:
    for join in joins:
        for each in _categorical(join.model):
            name = f"{join.entity}__{each.name}"
            yield Column(name, name, line(each.description), name)


def _times(model: SemanticModel, grains: list[CustomGrain]) -> Iterator[Column]:
    """`metric_time` as dates, in the model's own grain and in each coarser one."""
    time = time_dimension(model)
    if not time:
        return
    about = line(dimension_of(model, time).description)
    own = dimension_of(model, time).type_params.time_granularity.value
    for grain in GRAINS[GRAINS.index(own) if own in GRAINS else 0 :]:
        name, sql = f"metric_time__{grain}", f"cast({truncated(model, time, grain)} as date)"
        is_moment = grain in (own, "day")
        yield Column(name, sql, about if is_moment else _period(about, grain), name)
    for custom in grains:
        name = f"metric_time__{custom.name}"
        yield Column(name, name, _period(about, custom.name), name)


def _period(about: str, grain: str) -> str:
    return f"{about} First day of the {grain.replace('_', ' ')}."


def _categorical(model: SemanticModel) -> Iterator[Dimension]:
    return (each for each in model.dimensions if each.type is DimensionType.CATEGORICAL)
