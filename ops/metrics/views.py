"""Spark metric views, made of MetricFlow's semantic models.

`select shopping_mall, measure(revenue) from metrics.sales group by all`: a
view per semantic model that has metrics, with the model's dimensions, those of
the models it can join, the time dimension in every grain, and as measures the
metrics that are an aggregation of its rows. Others raise Inexpressible.
"""

import re
from dataclasses import dataclass

import jinja2
import yaml
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.sql.render.expr_renderer import SqlExpressionRenderer
from metricflow_semantic_interfaces.type_enums import (
    AggregationType,
    DimensionType,
    EntityType,
    MetricType,
)
from metricflow_semantic_interfaces.type_enums.time_granularity import TimeGranularity
from metricflow_semantics.sql.sql_exprs import (
    SqlAggregateFunctionExpression,
    SqlPercentileExpression,
    SqlPercentileExpressionArgument,
    SqlStringExpression,
)

from ops.metrics.render import truncated

JOINABLE = (EntityType.PRIMARY, EntityType.UNIQUE)
# The grains of a time dimension that a metric view has.
GRAINS = ("day", "week", "month", "quarter", "year")


class Inexpressible(Exception):
    """A metric that a metric view has no word for; the message says why."""


@dataclass(frozen=True)
class Column:
    """A dimension or a measure of a metric view."""

    name: str
    expr: str
    description: str


@dataclass(frozen=True)
class MetricView:
    """A metric view. `source` is the SQL it reads; `absent` the metrics it lacks, name -> reason."""

    name: str
    description: str
    source: str
    dimensions: tuple[Column, ...]
    measures: tuple[Column, ...]
    absent: dict[str, str]

    @property
    def definition(self) -> str:
        """The YAML that Spark reads."""

        def named(columns: tuple[Column, ...]) -> list[dict]:
            return [{"name": column.name, "expr": column.expr} for column in columns]

        return yaml.safe_dump(
            {
                "version": "0.1",
                "source": self.source,
                "dimensions": named(self.dimensions),
                "measures": named(self.measures),
            },
            sort_keys=False,
            width=120,
        )


def metric_views(
    configuration: CLIConfiguration, renderer: SqlExpressionRenderer, dates: dict
) -> list[MetricView]:
    """The metric views of a project, one for each semantic model with a metric that can be expressed."""
    manifest = configuration.semantic_manifest
    # In the order of their names: dbt's own changes with partial parsing.
    metrics = sorted(
        (each for each in manifest.metrics if not each.type_params.is_private),
        key=lambda each: each.name,
    )
    views = []
    for model in sorted(manifest.semantic_models, key=lambda each: each.name):
        words = _Words(model, manifest, renderer, dates)
        measures, absent = [], {}
        for metric in metrics:
            if words.models_of(metric) != {model.name}:
                continue
            try:
                measures.append(Column(metric.name, words.metric(metric), line(metric.description)))
            except Inexpressible as error:
                absent[metric.name] = str(error)
        if measures:
            description = line(model.description)
            views.append(
                MetricView(
                    model.name,
                    description,
                    words.source(),
                    words.dimensions(),
                    tuple(measures),
                    absent,
                )
            )
    return views


def line(text: str | None) -> str:
    """A description on one line."""
    return " ".join((text or "").split())


class _Words:
    """Turns one semantic model's elements into the SQL of its metric view."""

    def __init__(self, model, manifest, renderer: SqlExpressionRenderer, dates: dict):
        self.model = model
        self.renderer = renderer
        self.dates = dates
        self.metrics = {metric.name: metric for metric in manifest.metrics}
        self.primary = next(
            (e.name for e in model.entities if e.type is EntityType.PRIMARY), model.primary_entity
        )
        # Entity -> the other model whose key it is.
        self.joined = {
            entity.name: (other, key)
            for entity in model.entities
            for other in manifest.semantic_models
            if other.name != model.name
            for key in other.entities
            if key.name == entity.name and key.type in JOINABLE
        }
        self.spines = [
            (spine, grain)
            for spine in manifest.project_configuration.time_spines
            if spine.primary_column.time_granularity is TimeGranularity.DAY
            for grain in spine.custom_granularities
        ]
        self.time: str = (model.defaults.agg_time_dimension if model.defaults else None) or ""

    # What the view reads

    def source(self) -> str:
        """One row per row of the model, with the dimensions of the models it joins."""
        keys = [
            f"{e.expr or e.name} as __{e.name}"
            for e in self.model.entities
            if e.name in self.joined
        ]
        keys += (
            [f"cast({self._element(self.time).expr or self.time} as date) as __day"]
            if self.spines
            else []
        )
        relation = self.model.node_relation.relation_name
        columns, joins = ["base.*"], []
        for name, (other, key) in self.joined.items():
            found = [f"{d.expr or d.name} as {name}__{d.name}" for d in self._categorical(other)]
            columns += [f"{name}.{name}__{d.name}" for d in self._categorical(other)]
            selected = ", ".join([f"{key.expr or key.name} as __key", *found])
            joins.append(
                f"left join (select {selected} from {other.node_relation.relation_name}) as {name}\n"
                f"  on base.__{name} = {name}.__key"
            )
        for number, (spine, grain) in enumerate(self.spines):
            columns.append(
                f"spine{number}.{grain.column_name or grain.name} as metric_time__{grain.name}"
            )
            joins.append(
                f"left join {spine.node_relation.relation_name} as spine{number}\n"
                f"  on base.__day = spine{number}.{spine.primary_column.name}"
            )
            month = self.dates.get((relation, self._element(self.time).expr or self.time))
            if month:
                # Said also of the month, the days of the spine prune.
                joins[-1] += (
                    f" and base.{month} = trunc(spine{number}.{spine.primary_column.name}, 'month')"
                )
        base = f"(select {', '.join(['*', *keys])} from {relation}) as base"
        return "\n".join([f"select {', '.join(columns)}", f"from {base}", *joins])

    def dimensions(self) -> tuple[Column, ...]:
        """Own dimensions by their names, joined ones as `entity__dimension`, the time as `metric_time__grain`."""
        found = [
            Column(d.name, d.expr or d.name, line(d.description))
            for d in self._categorical(self.model)
        ]
        for name, (other, _) in self.joined.items():
            found += [
                Column(f"{name}__{d.name}", f"{name}__{d.name}", line(d.description))
                for d in self._categorical(other)
            ]
        if self.time:
            about = line(self._element(self.time).description)
            own = self._element(self.time).type_params.time_granularity.value
            for grain in GRAINS[GRAINS.index(own) if own in GRAINS else 0 :]:
                description = about if grain == own else f"{about} Its {grain}, by the first day."
                found.append(
                    Column(
                        f"metric_time__{grain}",
                        f"cast({self._cut(self.time, grain)} as date)",
                        description,
                    )
                )
            for _, grain in self.spines:
                name = f"metric_time__{grain.name}"
                found.append(
                    Column(
                        name, name, f"{about} Its {grain.name.replace('_', ' ')}, by the first day."
                    )
                )
        return tuple(found)

    # What it measures

    def models_of(self, metric) -> set[str]:
        """The semantic models a metric reads."""
        inputs = self._inputs(metric)
        if not inputs:
            return {metric.type_params.metric_aggregation_params.semantic_model}
        return set().union(*(self.models_of(self.metrics[name]) for name in inputs))

    def metric(self, metric, filters: tuple[str, ...] = ()) -> str:
        """A metric as an aggregate expression over the source."""
        filters = filters + self._filters(metric.filter)
        if metric.type is MetricType.SIMPLE:
            return self._simple(metric, filters)
        if metric.type is MetricType.RATIO:
            parameters = metric.type_params
            numerator, denominator = (
                self._input(given, filters)
                for given in (parameters.numerator, parameters.denominator)
            )
            return f"({numerator}) / nullif({denominator}, 0)"
        if metric.type is MetricType.DERIVED:
            expression = metric.type_params.expr
            inputs = {
                i.alias or i.name: f"({self._input(i, filters)})"
                for i in metric.type_params.metrics
            }
            return re.sub(
                r"\b[A-Za-z_]\w*\b", lambda word: inputs.get(word[0], word[0]), expression
            )
        if metric.type is MetricType.CUMULATIVE:
            raise Inexpressible(
                "it adds up days before the row's own, and a metric view has no window"
            )
        raise Inexpressible(
            "it follows entities from one event to another, and a metric view sees a row at a time"
        )

    def _input(self, given, filters: tuple[str, ...]) -> str:
        if given.offset_window or given.offset_to_grain:
            raise Inexpressible("it compares with another period, and a metric view has no window")
        return self.metric(self.metrics[given.name], filters + self._filters(given.filter))

    def _simple(self, metric, filters: tuple[str, ...]) -> str:
        parameters = metric.type_params
        aggregation = parameters.metric_aggregation_params
        if aggregation.non_additive_dimension:
            raise Inexpressible("it is not additive over time, and a metric view has no window")
        value = SqlStringExpression.create(parameters.expr or metric.name)
        if aggregation.agg is AggregationType.PERCENTILE:
            asked = aggregation.agg_params
            argument = SqlPercentileExpressionArgument.create(
                asked.percentile, asked.use_discrete_percentile, asked.use_approximate_percentile
            )
            node = SqlPercentileExpression.create(value, argument)
        else:
            node = SqlAggregateFunctionExpression.from_aggregation_type(aggregation.agg, value)
        sql = self.renderer.render_sql_expr(node).sql
        if filters:
            sql += f" filter (where {' and '.join(f'({condition})' for condition in filters)})"
        return (
            sql
            if parameters.fill_nulls_with is None
            else f"coalesce({sql}, {parameters.fill_nulls_with})"
        )

    def _filters(self, given) -> tuple[str, ...]:
        """Where-filters as SQL: their templates name dimensions as MetricFlow does."""

        def dimension(name: str, *more, **named) -> str:
            entity, _, element = name.rpartition("__")
            return f"({self._element(element).expr or element})" if entity == self.primary else name

        def time_dimension(name: str, grain: str = "day", *more, **named) -> str:
            return self._cut(
                self.time if name == "metric_time" else name.rpartition("__")[2], grain
            )

        templates = [each.where_sql_template for each in given.where_filters] if given else []
        words = {"Dimension": dimension, "TimeDimension": time_dimension}
        return tuple(
            jinja2.Template(template, undefined=jinja2.StrictUndefined).render(words)
            for template in templates
        )

    # Elements

    def _element(self, name: str):
        return next(d for d in self.model.dimensions if d.name == name)

    def _cut(self, name: str, grain: str) -> str:
        column = self._element(name).expr or name
        relation = self.model.node_relation.relation_name
        if (relation, column) in self.dates:
            return truncated(TimeGranularity(grain), column, self.dates[relation, column])
        return f"DATE_TRUNC('{grain}', {column})"

    @staticmethod
    def _inputs(metric) -> set[str]:
        parameters = metric.type_params
        conversion, cumulative = (
            parameters.conversion_type_params,
            parameters.cumulative_type_params,
        )
        given = [parameters.numerator, parameters.denominator, *(parameters.metrics or [])]
        given += [conversion.base_metric, conversion.conversion_metric] if conversion else []
        given += [cumulative.metric] if cumulative else []
        return {each.name for each in given if each}

    @staticmethod
    def _categorical(model) -> list:
        return [d for d in model.dimensions if d.type is DimensionType.CATEGORICAL]
