"""`lakehouse metrics`: MetricFlow's commands, and `export` and `page`."""

import click
from dbt_metricflow.cli.main import cli as metricflow

from ops.metrics import export as exports
from ops.metrics import page
from ops.metrics.engine import SparkConfiguration


@click.group(commands=metricflow.commands)
@click.option("-v", "--verbose", is_flag=True, help="Show the stack trace of an error.")
@click.pass_context
def metrics(ctx: click.Context, verbose: bool) -> None:
    """Metrics of the semantic layer: list, query, validate and export them.

    The commands are MetricFlow's own. docs/metrics.md describes every metric.
    """
    # MetricFlow's own group is not used: it asks PyPI for a newer version at each start.
    ctx.obj = SparkConfiguration()
    ctx.obj.verbose = verbose


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
    click.echo(page.page(configuration.semantic_manifest), nl=False)


metrics.add_command(metricflow.commands["validate-configs"], "validate")
