"""The command `lakehouse`.

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 loaded, with rejected rows or files,
130 cancelled with Ctrl-C.
"""

import csv
import json
import sys
from itertools import islice

import click
from click.shell_completion import get_completion_class

from lakehouse.errors import LakehouseError, WrongUsage
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
from ops.alert import alert
from ops.audit import audit
from ops.certificates import certificates
from ops.dashboard.command import dashboard
from ops.foreground import run
from ops.health import health
from ops.maintenance.command import command as maintain
from ops.new import new
from ops.output import console, print_table
from ops.progress import show_progress
from ops.project import parse_sources
from ops.release import release
from ops.sample import sample
from ops.schema import schema
from ops.user import user
from releases.compare import as_of, read_by
from releases.publish import check_kept, find
from releases.tables import history

REJECTED = 3
CANCELLED = 130


class Commands(click.Group):
    """A group of commands that print a LakehouseError and exit with 1; Ctrl-C exits with 130."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except Unreachable as error:
            _, sentence = server.status(Settings.from_environment())
            fail(LakehouseError(f"{error.message}; {sentence}", "run: lakehouse server start"))
        except LakehouseError as error:
            fail(error)
        except (KeyboardInterrupt, click.Abort):
            click.echo("cancelled", err=True)
            sys.exit(CANCELLED)


def fail(error: LakehouseError) -> None:
    """Print an error and its remedy to standard error, and exit with 1, or 2 for wrong usage."""
    click.secho(f"error: {error.message}", err=True, fg="red")
    if error.remedy:
        click.echo(f"  try: {error.remedy}", err=True)
    sys.exit(2 if isinstance(error, WrongUsage) else 1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="retail-lakehouse", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """The retail lakehouse: a local Spark server, loads into bronze, SQL."""
    ctx.obj = Settings.from_environment()


@main.command()
def setup() -> None:
    """Fetch and verify Spark's jars (part of `make setup`)."""
    state = "fetched" if jars.fetch() else "already present"
    click.echo(f"Spark's jars: {state}, {len(jars.expected())} verified")


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands and options in a shell.

    For bash: eval "$(lakehouse completion bash)"
    """
    script = get_completion_class(shell)
    assert script
    click.echo(script(main, {}, "lakehouse", "_LAKEHOUSE_COMPLETE").source())


@main.command("doctor")
@click.pass_obj
def run_doctor(settings: Settings) -> None:
    """Check the requirements of the lakehouse; exit code 1 if a check fails."""
    sys.exit(0 if doctor.print_findings(doctor.examine(settings)) else 1)


@main.group("server")
def server_group() -> None:
    """The local Spark Thrift server with Delta."""


@server_group.command("start")
@click.option(
    "--timeout", default=180, show_default=True, help="Maximum wait for the server, in seconds."
)
@click.pass_obj
def server_start(settings: Settings, timeout: int) -> None:
    """Start the server, and wait until it answers SQL."""
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
    """Print whether the server runs; exit code 1 if it does not."""
    running, sentence = server.status(settings)
    click.echo(sentence)
    sys.exit(0 if running else 1)


@server_group.command("logs")
@click.option("-n", "--lines", default=50, show_default=True, help="Number of lines.")
@click.pass_obj
def server_logs(settings: Settings, lines: int) -> None:
    """Print the end of the server's log, and its path."""
    path = server.log_file(settings)
    if not path.exists():
        raise LakehouseError(f"there is no log at {path}", "run: lakehouse server start")
    click.echo("\n".join(path.read_text(errors="replace").splitlines()[-lines:]))
    click.echo(f"({path})", err=True)


JOBS = click.option(
    "--jobs", default=4, show_default=True, help="Number of tables to load in parallel."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


@main.command()
@click.argument("tables", nargs=-1, metavar="[SOURCE.TABLE]...")
@click.option("--dry-run", is_flag=True, help="Show the plan without loading.")
@click.option(
    "--reprocess",
    is_flag=True,
    help="Read loaded files again, such as after a change of the contract.",
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
    """Load new files from the landing folder into bronze, of each SOURCE.TABLE or of all.

    Exit code 3: loaded, but rows or files were rejected; see `lakehouse quarantine`.
    """
    wanted = chosen(contracts(parse_sources()), tables)
    reread = (lambda entry: True) if reprocess else reread_none
    if dry_run:
        show_plan(settings, wanted, reread, as_json)
    else:
        run_load(settings, wanted, reread, jobs, as_json)


def run_load(
    settings: Settings, wanted: list[Contract], reread: Reread, jobs: int, as_json: bool
) -> None:
    """Load, print the reports, and exit."""
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
    """Print the plan of a load, one line per file."""
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
        for dataset, (plan, _) in plans.items()
    }
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    for dataset, kinds in shown.items():
        click.echo(f"{dataset}: {len(kinds['new'])} new, {len(kinds['replaced'])} to replace")
        for kind in ("new", "replaced", "missing"):
            for name in kinds[kind]:
                click.echo(f"  {kind}: {name}")
        for note in plans[dataset][1].skipped:
            click.echo(f"  {note}")


def show_report(report: DatasetReport) -> None:
    """Print the report of one dataset."""
    click.secho(report.sentence, fg="red" if report.error else None)
    for note in report.notes:
        click.echo(f"  {note}")
    if report.files_missing:
        click.echo(
            f"  {report.files_missing} loaded files are missing from the landing folder; "
            "their rows stay"
        )
    if not report.clean:
        click.echo(f"  see: lakehouse quarantine show {report.dataset}")


@main.group("quarantine")
def quarantine_group() -> None:
    """Rejected rows and files, with the reasons."""


@quarantine_group.command("list")
@click.argument("tables", nargs=-1, metavar="[SOURCE.TABLE]...")
@click.pass_obj
def quarantine_list(settings: Settings, tables: tuple[str, ...]) -> None:
    """Count the rejected rows by file, column and reason, and in total."""
    with Session(settings) as session:
        columns, rows = quarantined.summary(session, tables)
        totals = quarantined.totals(session, tables)
    show_quarantine(columns, rows)
    if rows:
        click.echo(totals)


@quarantine_group.command("show")
@click.argument("table", metavar="SOURCE.TABLE")
@click.option("--file", "name", help="Only this file, by its name in `quarantine list`.")
@click.option("--limit", default=20, show_default=True, help="Maximum number of rows.")
@click.pass_obj
def quarantine_show(settings: Settings, table: str, name: str | None, limit: int) -> None:
    """Show the rejected rows, with column, value and reason of each error."""
    with Session(settings) as session:
        columns, rows = quarantined.details(session, table, name, limit)
    show_quarantine(columns, rows)


def show_quarantine(columns: tuple[str, ...], rows: list[tuple]) -> None:
    """Print rows of the quarantine."""
    if rows:
        print_table(columns, rows)
    else:
        click.echo("the quarantine is empty")


@quarantine_group.command("retry")
@click.argument("tables", nargs=-1, metavar="[SOURCE.TABLE]...")
@JOBS
@AS_JSON
@click.pass_obj
def quarantine_retry(settings: Settings, tables: tuple[str, ...], jobs: int, as_json: bool) -> None:
    """Read files with rejects again, after a fix of the contract or the files."""
    run_load(
        settings,
        chosen(contracts(parse_sources()), tables),
        quarantined.has_rejects,
        jobs,
        as_json,
    )


@main.command()
@click.argument("statement", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV.")
@click.option("--limit", default=1000, show_default=True, help="Maximum number of rows in a table.")
@click.option("--release", "number", type=int, help="Read `published` as it was in this release.")
@click.pass_obj
def sql(
    settings: Settings, statement: str | None, as_csv: bool, limit: int, number: int | None
) -> None:
    """Run one SQL STATEMENT, or standard input, and print its result."""
    text = (
        (sys.stdin.read() if statement is None or statement == "-" else statement)
        .strip()
        .rstrip(";")
    )
    if not text:
        raise click.UsageError("no SQL: give a statement, or pipe one in")
    with Session(settings) as session:
        if number is not None:
            rows = history(session)
            wanted = read_by(text, find(rows, number))
            check_kept(session, rows, wanted)
            text = as_of(session, wanted, text)
        result = session.query(text)
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(result.columns)
            writer.writerows(result.rows)
            return
        shown = list(islice(result.rows, limit + 1))
    if not shown and result.columns in ((), ("Result",)):
        # Spark's answer to a statement without a result.
        click.echo("done")
        return
    print_table(result.columns, shown[:limit])
    if len(shown) > limit:
        click.echo(
            f"only the first {limit} rows are shown; see --limit, or --csv for all", err=True
        )


@main.command("metrics", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_metrics(arguments: tuple[str, ...]) -> None:
    """List, query, validate and export metrics."""
    # Imported here because it takes seconds.
    from ops.metrics.cli import metrics

    metrics.main(list(arguments), prog_name="lakehouse metrics", standalone_mode=False)


for each in (alert, audit, certificates, dashboard, health, maintain, new, release, sample, user):
    main.add_command(each)
for each in (run, schema):
    server_group.add_command(each)
