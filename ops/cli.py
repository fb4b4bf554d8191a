"""The command `lakehouse`.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 loaded but for some rows or
files that do not fit their contract.
"""

import csv
import json
import sys
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice

import click
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session, Unreachable
from loaders.context import Context
from loaders.contract import Contract, chosen, contracts
from loaders.listing import Landing
from loaders.load import preview
from loaders.plan import Reread, reread_none
from loaders.report import DatasetReport
from loaders.run import load_all
from ops import doctor, jars, server
from ops import quarantine as quarantined
from ops.progress import show_progress
from ops.project import parse_manifest

REJECTED = 3

console = Console(highlight=False)
if not console.is_terminal:
    # Nothing is folded for a file or a pipe, which have no width.
    console = Console(highlight=False, width=10_000)


class Commands(click.Group):
    """A group whose commands end with a readable message when they fail."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except Unreachable as error:
            _, sentence = server.status(Settings.from_environment())
            fail(LakehouseError(f"{error.message}; {sentence}", "run: lakehouse server start"))
        except LakehouseError as error:
            fail(error)


def fail(error: LakehouseError) -> None:
    """Print an error and its remedy to the standard error, and end with 1."""
    click.secho(f"error: {error.message}", err=True, fg="red")
    if error.remedy:
        click.echo(f"  try: {error.remedy}", err=True)
    sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """The retail lakehouse: a local Spark server, loads into bronze, SQL."""
    ctx.obj = Settings.from_environment()


@main.command()
def setup() -> None:
    """Fetch and verify Spark's jars (part of `make setup`)."""
    fetched = jars.fetch()
    click.echo(
        f"Spark's jars: {'fetched' if fetched else 'there already'}, {len(jars.expected())} verified"
    )


@main.command("doctor")
@click.pass_obj
def run_doctor(settings: Settings) -> None:
    """Check everything the lakehouse needs; exit code 1 when a check fails."""
    failed = 0
    for finding in doctor.examine(settings):
        mark = click.style("OK  ", fg="green") if finding.ok else click.style("FAIL", fg="red")
        click.echo(f"{mark} {finding.name}: {finding.detail}")
        if not finding.ok:
            failed += 1
            click.echo(f"     try: {finding.remedy}")
    click.echo(f"{failed} of {len(doctor.CHECKS)} checks failed" if failed else "all is well")
    sys.exit(1 if failed else 0)


@main.group("server")
def server_group() -> None:
    """The local Spark Thrift server with Delta."""


@server_group.command("start")
@click.option(
    "--timeout", default=180, show_default=True, help="Seconds to wait for SQL to answer."
)
@click.pass_obj
def server_start(settings: Settings, timeout: int) -> None:
    """Start the server; returns when SQL answers."""
    with console.status("starting Spark") as spinner:
        _, sentence = server.start(
            settings, timeout, lambda seconds: spinner.update(f"starting Spark ({seconds:.0f} s)")
        )
    click.echo(sentence)


@server_group.command("stop")
@click.pass_obj
def server_stop(settings: Settings) -> None:
    """Stop the server that was started in this LAKEHOUSE_HOME."""
    click.echo(server.stop(settings)[1])


@server_group.command("status")
@click.pass_obj
def server_status(settings: Settings) -> None:
    """Say whether the server runs; exit code 1 when it does not."""
    running, sentence = server.status(settings)
    click.echo(sentence)
    sys.exit(0 if running else 1)


@server_group.command("logs")
@click.option("-n", "--lines", default=50, show_default=True, help="How many of the last lines.")
@click.pass_obj
def server_logs(settings: Settings, lines: int) -> None:
    """Print the end of the server's log, and where it is."""
    path = server.log_file(settings)
    if not path.exists():
        raise LakehouseError(f"there is no log at {path}", "run: lakehouse server start")
    click.echo("\n".join(path.read_text(errors="replace").splitlines()[-lines:]))
    click.echo(f"({path})", err=True)


JOBS = click.option("--jobs", default=4, show_default=True, help="Tables to load side by side.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


@main.command()
@click.argument("tables", nargs=-1, metavar="[SOURCE.TABLE]...")
@click.option("--dry-run", is_flag=True, help="Show what would be loaded; change nothing.")
@click.option(
    "--reprocess",
    is_flag=True,
    help="Read the known files again, as after a change of the contract.",
)
@JOBS
@AS_JSON
@click.pass_obj
def load(
    settings: Settings,
    tables: tuple[str, ...],
    dry_run: bool,
    reprocess: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Load landed files into bronze: of each SOURCE.TABLE, or of all.

    Exit code 3 says that all is loaded but for rows or files that do not fit
    their contract: see `lakehouse quarantine`.
    """
    wanted = chosen(contracts(parse_manifest()), tables)
    reread = (lambda entry: True) if reprocess else reread_none
    if dry_run:
        show_plan(settings, wanted, reread, as_json)
    else:
        run_load(settings, wanted, reread, jobs, as_json)


def run_load(
    settings: Settings, wanted: list[Contract], reread: Reread, jobs: int, as_json: bool
) -> None:
    """Load, print the reports, and end with the exit code that they make."""
    with show_progress(quiet=as_json) as watch:
        reports = load_all(settings, wanted, reread, jobs, watch)
    if as_json:
        click.echo(json.dumps([report.as_dict() for report in reports], indent=2))
    else:
        for report in reports:
            show_report(report)
    if any(report.error for report in reports):
        sys.exit(1)
    sys.exit(0 if all(report.clean for report in reports) else REJECTED)


def show_plan(settings: Settings, wanted: list[Contract], reread: Reread, as_json: bool) -> None:
    """Print what a load would do, a line each file."""
    landing = Landing(settings.landing)
    with Session(settings) as session:
        plans = {
            contract.dataset: preview(Context(session, landing, contract), reread)
            for contract in wanted
        }
    shown = {
        dataset: {
            "new": [planned.file.name for planned in plan.files if not planned.replaces],
            "replaced": [planned.file.name for planned in plan.files if planned.replaces],
            "missing": list(plan.missing),
        }
        for dataset, plan in plans.items()
    }
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for dataset, kinds in shown.items():
        click.echo(f"{dataset}: {len(kinds['new'])} new, {len(kinds['replaced'])} to replace")
        for kind in ("new", "replaced", "missing"):
            for name in kinds[kind]:
                click.echo(f"  {kind}: {name}")


def show_report(report: DatasetReport) -> None:
    """Print what was loaded of one dataset."""
    click.secho(report.sentence, fg="red" if report.error else None)
    for note in report.notes:
        click.echo(f"  {note}")
    if report.files_missing:
        click.echo(f"  {report.files_missing} loaded files are gone from landing; their rows stay")
    if not report.clean:
        click.echo(f"  see: lakehouse quarantine show {report.dataset}")


@main.group("quarantine")
def quarantine_group() -> None:
    """Rows and files that did not fit their contract, and why."""


@quarantine_group.command("list")
@click.argument("tables", nargs=-1, metavar="[SOURCE.TABLE]...")
@click.pass_obj
def quarantine_list(settings: Settings, tables: tuple[str, ...]) -> None:
    """Count what was rejected: a line each file and reason."""
    with Session(settings) as session:
        columns, rows = quarantined.summary(session, tables)
    show_quarantine(columns, rows)


@quarantine_group.command("show")
@click.argument("table", metavar="SOURCE.TABLE")
@click.option("--file", "name", help="Only of this file, as `quarantine list` names it.")
@click.option("--limit", default=20, show_default=True, help="The most rows to show.")
@click.pass_obj
def quarantine_show(settings: Settings, table: str, name: str | None, limit: int) -> None:
    """Show rejected rows as they came, with each column, value and reason."""
    with Session(settings) as session:
        columns, rows = quarantined.details(session, table, name, limit)
    show_quarantine(columns, rows)


def show_quarantine(columns: tuple[str, ...], rows: list[tuple]) -> None:
    """Print rows of the quarantine, or that there are none."""
    if rows:
        print_table(columns, rows)
    else:
        click.echo("nothing is in the quarantine")


@quarantine_group.command("retry")
@click.argument("tables", nargs=-1, metavar="[SOURCE.TABLE]...")
@JOBS
@AS_JSON
@click.pass_obj
def quarantine_retry(settings: Settings, tables: tuple[str, ...], jobs: int, as_json: bool) -> None:
    """Read the files with rejects again, after the contract or the files were mended."""
    run_load(
        settings,
        chosen(contracts(parse_manifest()), tables),
        quarantined.has_rejects,
        jobs,
        as_json,
    )


@main.command()
@click.argument("statement", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV.")
@click.option("--limit", default=1000, show_default=True, help="The most rows a table shows.")
@click.pass_obj
def sql(settings: Settings, statement: str | None, as_csv: bool, limit: int) -> None:
    """Run one SQL STATEMENT (or the standard input) and print its result."""
    text = (
        (sys.stdin.read() if statement is None or statement == "-" else statement)
        .strip()
        .rstrip(";")
    )
    if not text:
        raise click.UsageError("no SQL: give a statement, or pipe one in")
    with Session(settings) as session:
        result = session.query(text)
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(result.columns)
            writer.writerows(result.rows)
            return
        rows = list(islice(result.rows, limit + 1))
    if not rows and result.columns in ((), ("Result",)):
        # What Spark answers to a statement that has no result.
        click.echo("done")
        return
    print_table(result.columns, rows[:limit])
    if len(rows) > limit:
        click.echo(
            f"only the first {limit} rows are shown; see --limit, or --csv for all", err=True
        )


@main.command("metrics", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_metrics(arguments: tuple[str, ...]) -> None:
    """The semantic layer: list, query, validate and export metrics."""
    # Importing MetricFlow takes seconds, which the other commands need not wait for.
    from ops.metrics.cli import metrics

    metrics.main(list(arguments), prog_name="lakehouse metrics", standalone_mode=False)


def cell(value: object) -> str:
    """A value for a person to read: money with its thousands, null as such."""
    if value is None:
        return "null"
    return f"{value:,}" if isinstance(value, Decimal) else str(value)


def print_table(columns: Iterable[str], rows: list[tuple], title: str | None = None) -> None:
    """Print rows as a table, numbers to the right; too wide for the terminal, a row after the other."""
    columns = tuple(columns)
    table = Table(title=title, title_justify="left")
    for index, name in enumerate(columns):
        numeric = any(isinstance(row[index], (int, float, Decimal)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    if (
        Measurement.get(console, console.options.update(max_width=10_000), table).maximum
        <= console.width
    ):
        console.print(table)
        return
    for number, row in enumerate(rows, start=1):
        console.print(f"-- row {number}", style="bold")
        for name, value in zip(columns, row, strict=True):
            console.print(f"{name:>{max(map(len, columns))}}  {cell(value)}", markup=False)
