"""`lakehouse metrics`: MetricFlow's commands, and `export` and `page`."""

import inspect
import logging
import sys
import traceback
from copy import copy
from pathlib import Path

import click
import dbt_metricflow.cli.main as metricflow
from halo import Halo
from rich.console import Console

from lakehouse.errors import LakehouseError
from ops.metrics import export as exports
from ops.metrics import page
from ops.metrics.engine import SparkConfiguration
from ops.metrics.errors import plain
from ops.metrics.query import names, query_request, write_csv


class Metrics(click.Group):
    """A group of commands that raise every error as a LakehouseError."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except (LakehouseError, click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            logging.exception("a command failed")
            if ctx.params["verbose"]:
                click.echo(traceback.format_exc(), err=True)
            message = plain(str(error)) or repr(error)
            raise LakehouseError(message, "docs/metrics.md describes names and rules") from error


def spinner(**options) -> Halo:
    """MetricFlow's spinner, on standard error and only on a terminal."""
    return Halo(stream=sys.stderr, enabled=sys.stderr.isatty(), **options)


def dimension_values(configuration: SparkConfiguration, metrics, dimension, **times) -> None:
    """List the values of a dimension of some metrics."""
    configuration.setup()
    start, end = times["start_time"], times["end_time"]
    full = names(configuration, metrics).full(dimension)
    for value in configuration.mf.get_dimension_values(metrics, full, start, end):
        click.echo(value)


def raising(command: click.Command) -> click.Command:
    """MetricFlow's command without its error handler, which prints errors to standard output."""
    if isinstance(command, click.Group):
        inner = {name: raising(each) for name, each in command.commands.items()}
        return click.Group(command.name, inner, help=command.help)
    assert command.callback
    # This one has a second handler inside.
    own = {"dimension-values": dimension_values}
    function = own.get(command.name or "") or inspect.unwrap(command.callback)
    return click.Command(
        command.name,
        callback=click.pass_obj(function),
        params=command.params,
        help=command.help,
    )


@click.group(cls=Metrics, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Show the stack trace of an error.")
@click.pass_context
def metrics(ctx: click.Context, verbose: bool) -> None:
    """Metrics of the semantic layer: list, query, validate and export them.

    Most commands are MetricFlow's own. docs/metrics.md describes every metric.
    """
    # MetricFlow's own group is not used: it asks PyPI for a newer version at each start.
    ctx.obj = SparkConfiguration()
    ctx.obj.verbose = verbose
    # MetricFlow's spinner writes to standard output, and has no option to change that.
    metricflow.Halo = spinner


for name, command in metricflow.cli.commands.items():
    # The tutorial writes sample files for MetricFlow's own command.
    if name != "tutorial":
        metrics.add_command(raising(command), name)
metrics.add_command(raising(metricflow.validate_configs), "validate")


def query_parameters() -> list[click.Parameter]:
    """MetricFlow's options of `query`, except those for its own messages and for Graphviz."""
    options = {each.name: copy(each) for each in metricflow.query.params}
    options["order"].opts = ["--order", "--order-by"]
    options["decimals"].type = click.IntRange(min=0)
    # Scripts have it: there is nothing left to make quiet.
    options["quiet"].hidden = True
    options["quiet"].expose_value = False
    del options["display_plans"]
    return list(options.values())


@metrics.command("query", params=query_parameters())
@click.pass_obj
def query(
    configuration: SparkConfiguration,
    csv: Path | None,
    decimals: int | None,
    explain: bool,
    show_dataflow_plan: bool,
    show_sql_descriptions: bool,
    **asked,
) -> None:
    """Query metrics by dimensions, and print the result or write it as CSV.

    A dimension has the name of MetricFlow, sale__shopping_mall, or the name in metric views and
    exports, shopping_mall.
    """
    configuration.setup()
    request = query_request(configuration, **asked)
    if explain:
        explained = configuration.mf.explain(request)
        if show_dataflow_plan:
            for line in explained.dataflow_plan.structure_text().splitlines():
                click.echo(f"-- {line}")
        statement = explained.sql_statement
        click.echo((statement if show_sql_descriptions else statement.without_descriptions).sql)
        return
    with Console(stderr=True).status("querying"):
        table = configuration.mf.query(request).result_df
    if csv:
        write_csv(table, csv)
        click.echo(f"{table.row_count} rows are in {csv}", err=True)
    else:
        click.echo(table.text_format(decimals))


@metrics.command("export")
@click.pass_obj
def export_metrics(configuration: SparkConfiguration) -> None:
    """Write saved queries and metric views into the schema `metrics`."""
    configuration.setup()
    for done in exports.export(configuration):
        click.echo(done)


@metrics.command("page")
@click.pass_obj
def print_page(configuration: SparkConfiguration) -> None:
    """Print docs/metrics.md, rendered from the definitions. Needs no server."""
    configuration.setup()
    owners = page.owners(configuration.manifest)
    click.echo(page.page(configuration.semantic_manifest, owners), nl=False)
