"""MetricFlow's metrics as aggregate expressions, the measures of Spark metric views."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import jinja2
from metricflow_semantic_interfaces.protocols import (
    Dimension,
    Metric,
    MetricInput,
    SemanticModel,
    WhereFilterIntersection,
)
from metricflow_semantic_interfaces.type_enums import AggregationType, EntityType, MetricType
from metricflow_semantics.sql.sql_exprs import (
    SqlAggregateFunctionExpression,
    SqlPercentileExpression,
    SqlPercentileExpressionArgument,
    SqlStringExpression,
)

from ops.metrics.render import SparkExpressionRenderer

Filters = tuple[str, ...]


class UnsupportedMetric(Exception):
    """A metric that is no aggregate expression over one model's rows, with the reason."""


def source_models(metric: Metric, metrics: Mapping[str, Metric]) -> set[str]:
    """Names of the semantic models whose rows a metric aggregates, also through other metrics."""
    parameters = metric.type_params
    if metric.type is MetricType.SIMPLE:
        return {parameters.metric_aggregation_params.semantic_model}
    if metric.type is MetricType.CUMULATIVE:
        inputs = [parameters.cumulative_type_params.metric]
    elif metric.type is MetricType.CONVERSION:
        conversion = parameters.conversion_type_params
        inputs = [conversion.base_metric, conversion.conversion_metric]
    else:
        inputs = metric.input_metrics
    return set().union(*(source_models(metrics[each.name], metrics) for each in inputs))


def dimension_of(model: SemanticModel, name: str) -> Dimension:
    """The dimension with this name. Raises StopIteration if the model has none."""
    return next(each for each in model.dimensions if each.name == name)


def primary_entity(model: SemanticModel) -> str | None:
    """Name of the model's primary entity, the prefix of its dimensions in MetricFlow."""
    names = (each.name for each in model.entities if each.type is EntityType.PRIMARY)
    return next(names, model.primary_entity)


def time_dimension(model: SemanticModel) -> str | None:
    """Name of the dimension that `metric_time` stands for in the model's metrics."""
    return model.defaults.agg_time_dimension if model.defaults else None


def truncated(model: SemanticModel, name: str, grain: str) -> str:
    """SQL of a time dimension, truncated to a grain: a timestamp."""
    return f"DATE_TRUNC('{grain}', {dimension_of(model, name).expr or name})"


@dataclass(frozen=True)
class MeasureBuilder:
    """Builds the measures of one semantic model. `metrics` are all of the project, by name."""

    model: SemanticModel
    metrics: Mapping[str, Metric]

    def expression(self, metric: Metric, filters: Filters = ()) -> str:
        """The metric as an aggregate expression over the rows that pass the filters.

        Raises UnsupportedMetric for a metric that needs a window or more than one row.
        """
        filters += self._conditions(metric.filter)
        if metric.type is MetricType.SIMPLE:
            return self._aggregate(metric, filters)
        if metric.type is MetricType.RATIO:
            numerator = self._input(metric.type_params.numerator, filters)
            denominator = self._input(metric.type_params.denominator, filters)
            return f"({numerator}) / nullif({denominator}, 0)"
        if metric.type is MetricType.DERIVED:
            inputs = {
                each.alias or each.name: f"({self._input(each, filters)})"
                for each in metric.type_params.metrics
            }
            words = r"\b[A-Za-z_]\w*\b"
            return re.sub(words, lambda word: inputs.get(word[0], word[0]), metric.type_params.expr)
        if metric.type is MetricType.CUMULATIVE:
            raise UnsupportedMetric(
                "it aggregates a window of days, and a metric view has no window"
            )
        raise UnsupportedMetric("it joins two events of an entity, and a metric view reads one row")

    def _input(self, given: MetricInput, filters: Filters) -> str:
        if given.offset_window or given.offset_to_grain:
            raise UnsupportedMetric("it reads another period, and a metric view has no window")
        return self.expression(self.metrics[given.name], filters + self._conditions(given.filter))

    def _aggregate(self, metric: Metric, filters: Filters) -> str:
        parameters = metric.type_params
        aggregation = parameters.metric_aggregation_params
        if aggregation.non_additive_dimension:
            raise UnsupportedMetric("it is not additive over time, and a metric view has no window")
        if parameters.join_to_timespine:
            raise UnsupportedMetric("it has a value for days without rows, and a metric view none")
        value = SqlStringExpression.create(parameters.expr or metric.name)
        if aggregation.agg is AggregationType.PERCENTILE:
            given = aggregation.agg_params
            argument = SqlPercentileExpressionArgument.create(
                given.percentile, given.use_discrete_percentile, given.use_approximate_percentile
            )
            node = SqlPercentileExpression.create(value, argument)
        else:
            node = SqlAggregateFunctionExpression.from_aggregation_type(aggregation.agg, value)
        sql = SparkExpressionRenderer().render_sql_expr(node).sql
        if filters:
            sql += f" filter (where {' and '.join(f'({condition})' for condition in filters)})"
        default = parameters.fill_nulls_with
        return sql if default is None else f"coalesce({sql}, {default})"

    def _conditions(self, given: WhereFilterIntersection | None) -> Filters:
        """MetricFlow's filters as SQL over the columns of the view's source."""

        def dimension(name: str) -> str:
            entity, _, element = name.rpartition("__")
            if entity != primary_entity(self.model):
                return name
            return f"({dimension_of(self.model, element).expr or element})"

        def time(name: str, grain: str = "day") -> str:
            own = name.rpartition("__")[2] if name != "metric_time" else time_dimension(self.model)
            return truncated(self.model, own or name, grain)

        names = {"Dimension": dimension, "TimeDimension": time}
        return tuple(
            jinja2.Template(each.where_sql_template, undefined=jinja2.StrictUndefined).render(names)
            for each in (given.where_filters if given else [])
        )
