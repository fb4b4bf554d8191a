"""docs/metrics.md: every metric, made from the manifest, with example results of a live server."""

from collections.abc import Iterator
from datetime import datetime

from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
from metricflow_semantic_interfaces.type_enums import MetricType

from lakehouse.errors import LakehouseError
from ops.metrics.engine import SparkConfiguration
from ops.metrics.export import column_name, views
from ops.metrics.views import MetricView, line

ORDER = [
    MetricType.SIMPLE,
    MetricType.RATIO,
    MetricType.DERIVED,
    MetricType.CUMULATIVE,
    MetricType.CONVERSION,
]
FIRST, LAST = "2023-01-01", "2023-02-28"
INTRODUCTION = """\
# Metrics

<!-- Made by `lakehouse metrics page > docs/metrics.md`. A test fails when it is stale. -->

Each number has one definition, in `models/semantic/`, and one value, however you ask for it:

- **On the command line**: `lakehouse metrics query --metrics revenue --group-by metric_time__month`. It is MetricFlow's
  own command line, with all of its options: `lakehouse metrics query --help`. `--explain` shows the SQL, which runs as
  it is over Thrift/JDBC. `lakehouse metrics list metrics` and `list dimensions --metrics revenue` tell what there is.
- **In SQL, with nothing installed**: the metric view `{view}`, asked with `measure(…)`:
  `select shopping_mall, measure(revenue) from {view} group by all`.
- **As tables**: the reports that are opened daily, in the schema `metrics`, listed [below](#tables-and-views). Revenue
  per mall and category, for one, is `metrics.sales_by_mall_and_category`.

`lakehouse metrics export` writes the schema `metrics`, as `make demo` does; run it after `dbt build`. The tables are as
fresh as that run; the views read gold. What an earlier run wrote and nothing defines any more is dropped; tables of
other people stay. `lakehouse metrics validate` checks every definition against the tables.

## Good to know

- A time is `metric_time` with a grain: `metric_time__day`, `__week`, `__month`, `__quarter`, `__year`, or
  `__fiscal_quarter`. To read only some months, give `--start-time` and `--end-time`, or filter on any grain:
  `--where "{{{{ TimeDimension('metric_time', 'week') }}}} = '2023-01-02'"`. Spark then reads the files of those months
  only. A condition on the week needs a `--where` of its own (there may be several). In the metric view, one on the
  week reads all.
- Money is a decimal, exact to the cent, and a quotient of money one with at least nine digits after the point. A
  median, and a quotient of two counts, is a double.
- A growth also has rows for later periods, with nulls, where only the earlier period had sales.
- Bound a growth or a running total with `--start-time` and `--end-time`. A growth by month then reads these months
  and those it compares with; by another grain it reads all. A running total reads as far back as it counts; a
  `--where` only picks from its result.
- In a metric view every measure stands in `measure(…)`. Spark answers `select *` and a join with it with an internal
  error: name the columns, and to join put the query into a CTE.
"""


def page(configuration: SparkConfiguration) -> Iterator[str]:
    """The page, line by line. Needs the exported schema `metrics` on the server."""
    [view, *_] = made = views(configuration)
    yield INTRODUCTION.format(view=f"metrics.{view.name}")
    yield "## The metrics\n"
    yield "| Metric | Question | Unit | Type | In the metric view |\n|---|---|---|---|---|"
    # dbt's order changes with partial parsing.
    metrics = sorted(
        configuration.semantic_manifest.metrics,
        key=lambda each: (ORDER.index(each.type), each.name),
    )
    for metric in metrics:
        measured = any(metric.name == measure.name for each in made for measure in each.measures)
        meta = metric.config.meta
        yield (
            f"| [{metric.name}](#{metric.name}) | {meta['question']} | {meta['unit']} | {metric.type.value} "
            f"| {'yes' if measured else 'no'} |"
        )
    for metric in metrics:
        yield from _metric(configuration, metric, made)
    for each in made:
        yield f"\n## Dimensions of {each.name}\n\n{each.description}\n"
        yield "| In `metrics." + each.name + "` | For `--group-by` | |\n|---|---|---|"
        own = _own_names(configuration, each)
        for column in each.dimensions:
            yield f"| `{column.name}` | `{own.get(column.name, column.name)}` | {column.description} |"
    yield "\n## Tables and views\n"
    yield "| Name | | Columns |\n|---|---|---|"
    for query in sorted(configuration.semantic_manifest.saved_queries, key=lambda each: each.name):
        keys = [
            column_name(configuration, _requested(item)) for item in query.query_params.group_by
        ]
        columns = ", ".join(f"`{name}`" for name in [*keys, *query.query_params.metrics])
        for export in query.exports:
            kind = export.config.export_as.value
            yield f"| `metrics.{export.config.alias}` ({kind}) | {line(query.description)} | {columns} |"
    yield "\n## Not in the metric view\n"
    yield "Ask for these with `lakehouse metrics query`, or read them from a table.\n"
    for each in made:
        for name, reason in each.absent.items():
            yield f"- `{name}`: {reason}."
    yield "- Dimensions of a table two joins away, and times of joined tables: the view joins what is one join away."


def _metric(configuration, metric, made: list[MetricView]) -> Iterator[str]:
    meta = metric.config.meta
    yield f"\n### {metric.name}\n"
    yield f"**{meta['question']}** {line(metric.description)}\n"
    yield f"- Definition: {definition(metric)}\n- Unit: {meta['unit']}\n- Owner: {meta['owner']}\n"
    yield (
        f"```sh\nlakehouse metrics query --metrics {metric.name} --group-by metric_time__month \\\n"
        f"  --order metric_time__month --start-time {FIRST} --end-time {LAST}\n```\n"
    )
    place = next(
        (f"metrics.{each.name}" for each in made if metric.name in {m.name for m in each.measures}),
        None,
    )
    selected, grouped = f"measure({metric.name}) as {metric.name}", "\ngroup by all"
    if not place:
        place, selected, grouped = _table(configuration, metric.name), metric.name, ""
    sql = (
        f"select metric_time__month, {selected}\nfrom {place}\n"
        f"where metric_time__month between '{FIRST}' and '{LAST}'{grouped}\norder by metric_time__month"
    )
    yield f"```sql\n{sql}\n```\n"
    request = MetricFlowQueryRequest.create(
        metric_names=[metric.name],
        group_by_names=["metric_time__month"],
        order_by_names=["metric_time__month"],
        time_constraint_start=datetime.fromisoformat(FIRST),
        time_constraint_end=datetime.fromisoformat(LAST),
    )
    answer = tuple(
        (str(month)[:10], value) for month, value in configuration.mf.query(request).result_df.rows
    )
    if answer != configuration.sql_client.query(sql).rows:
        raise LakehouseError(
            f"{metric.name} differs between MetricFlow and {place}", "run: lakehouse metrics export"
        )
    yield f"| metric_time__month | {metric.name} |\n|---|---:|"
    for month, value in answer:
        yield f"| {month} | {value:,} |"


def definition(metric) -> str:
    """How a metric is computed, in a line."""
    parameters = metric.type_params
    if metric.type is MetricType.SIMPLE:
        aggregation = parameters.metric_aggregation_params
        how = aggregation.agg.value.replace("_", " ")
        if aggregation.agg_params and aggregation.agg_params.percentile is not None:
            how = f"{how} {aggregation.agg_params.percentile}"
        return f"{how} of `{parameters.expr or metric.name}` of `{aggregation.semantic_model}`"
    if metric.type is MetricType.RATIO:
        return f"{_input(parameters.numerator)} / {_input(parameters.denominator)}"
    if metric.type is MetricType.DERIVED:
        inputs = [
            f"`{each.alias or each.name}` is {_input(each)}"
            for each in parameters.metrics
            if each.alias
        ]
        return f"`{parameters.expr}`" + "".join(f", where {each}" for each in inputs)
    if metric.type is MetricType.CUMULATIVE:
        given = parameters.cumulative_type_params
        span = "all time"
        if given.window:
            span = f"{given.window.count} {given.window.granularity}s"
        elif given.grain_to_date:
            span = f"the {given.grain_to_date} to date"
        return f"{_input(given.metric)} over {span}"
    given = parameters.conversion_type_params
    return f"{_input(given.conversion_metric)} that follow {_input(given.base_metric)} of the same {given.entity}"


def _input(given) -> str:
    text = f"`{given.name}`"
    if given.filter:
        text += " where " + " and ".join(
            f"`{each.where_sql_template}`" for each in given.filter.where_filters
        )
    if given.offset_window:
        text += f" {given.offset_window.count} {given.offset_window.granularity} earlier"
    if given.offset_to_grain:
        text += f" at the start of the {given.offset_to_grain}"
    return text


def _table(configuration, metric: str) -> str:
    """The exported table that has the metric by month alone."""
    return next(
        f"metrics.{export.config.alias}"
        for query in configuration.semantic_manifest.saved_queries
        if metric in query.query_params.metrics
        and [_requested(item) for item in query.query_params.group_by] == ["metric_time__month"]
        for export in query.exports
    )


def _requested(item: str) -> str:
    """`TimeDimension('metric_time', 'month')` -> `metric_time__month`."""
    return "__".join(item.split("'")[1::2])


def _own_names(configuration, view: MetricView) -> dict[str, str]:
    """The view's name of an own dimension -> MetricFlow's."""
    found = (d.dunder_name for d in configuration.mf.list_dimensions())
    return {column_name(configuration, name): name for name in found}
