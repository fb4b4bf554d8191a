"""`lakehouse metrics query`: MetricFlow's options, with short names and plain output."""

import csv
from collections.abc import Sequence
from pathlib import Path

from metricflow.engine.metricflow_engine import (
    Dimension,
    MetricFlowQueryRequest,
    OutputColumnOrderMode,
)
from metricflow_semantic_interfaces.type_enums.time_granularity import TimeGranularity

from lakehouse.errors import LakehouseError
from ops.metrics.engine import SparkConfiguration, SparkTable
from ops.metrics.export import entities
from ops.metrics.names import Names, listed


def names(
    configuration: SparkConfiguration, metrics: Sequence[str] = (), saved_query: str | None = None
) -> Names:
    """The names that a query of some metrics, or of a saved query, can use.

    Raises LakehouseError with the known names for an unknown metric or saved query.
    """
    manifest = configuration.semantic_manifest
    saved = {each.name: each.query_params for each in manifest.saved_queries}
    if saved_query:
        _check([saved_query], saved, "saved query")
        metrics = saved[saved_query].metrics
    all_metrics = [each.name for each in manifest.metrics]
    _check(metrics, all_metrics, "metric")
    items = configuration.mf.list_group_bys(list(metrics))
    spines = manifest.project_configuration.time_spines
    return Names(
        dimensions={
            each.granularity_free_dunder_name if isinstance(each, Dimension) else each.name
            for each in items
        },
        metrics=all_metrics,
        own=entities(manifest),
        grains={grain.value for grain in TimeGranularity}
        | {grain.name for spine in spines for grain in spine.custom_granularities},
    )


def _check(asked: Sequence[str], known: Sequence[str] | dict, kind: str) -> None:
    for name in asked:
        if name not in known:
            raise LakehouseError(f"no {kind} is called {name}", f"use one of: {listed(known)}")


def query_request(
    configuration: SparkConfiguration, saved_query: str | None, metrics: Sequence[str], **asked
) -> MetricFlowQueryRequest:
    """MetricFlow's request for the options of the command, with its full names of dimensions.

    Raises LakehouseError for an unknown or ambiguous name.
    """
    known = names(configuration, metrics, saved_query)
    return MetricFlowQueryRequest.create(
        saved_query_name=saved_query,
        metric_names=metrics or None,
        group_by_names=[known.full(each) for each in asked["group_by"]] or None,
        order_by_names=[known.ordered(each) for each in asked["order"] or ()] or None,
        where_constraints=[known.filtered(each) for each in asked["where"]] or None,
        limit=asked["limit"],
        time_constraint_start=asked["start_time"],
        time_constraint_end=asked["end_time"],
        output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
    )


def write_csv(table: SparkTable, path: Path) -> None:
    """Write a result as CSV: nulls are empty, and decimals have all their digits."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(table.rows)
