"""`lakehouse metrics`: MetricFlow's commands, unchanged, and ours beside them."""

import click
from dbt_metricflow.cli.main import cli as metricflow

from ops.metrics import export as exports
from ops.metrics.engine import SparkConfiguration
from ops.metrics.page import page


@click.group(commands=metricflow.commands)
@click.option("-v", "--verbose", is_flag=True, help="Show the stack trace of an error.")
@click.pass_context
def metrics(ctx: click.Context, verbose: bool) -> None:
    """Metrics of the semantic layer: list, query, validate and export them.

    The commands are MetricFlow's own. docs/metrics.md describes every metric.
    """
    # In place of MetricFlow's own group, which asks PyPI for a newer version at each start.
    ctx.obj = SparkConfiguration()
    ctx.obj.verbose = verbose


@metrics.command()
@click.pass_obj
def export(configuration: SparkConfiguration) -> None:
    """Write saved queries and metric views into the schema `metrics`."""
    configuration.setup()
    for sentence in exports.export(configuration):
        click.echo(sentence)


@metrics.command("page")
@click.pass_obj
def print_page(configuration: SparkConfiguration) -> None:
    """Print docs/metrics.md, made from the definitions and the exported metrics."""
    configuration.setup()
    for part in page(configuration):
        click.echo(part)


metrics.add_command(metricflow.commands["validate-configs"], "validate")
