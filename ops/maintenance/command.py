"""`lakehouse maintain`: optimize and vacuum the tables that are due by their policies."""

import os
import sys

import click

from history.tables import forget, history_days
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops.maintenance import rules
from ops.maintenance.run import LOG_VACUUMS, maintain, needs_of
from ops.project import parse_manifest


@click.command("maintain")
@click.argument("select", nargs=-1, metavar="[SELECT]...")
@click.option("--dry-run", is_flag=True, help="Only print what is due.")
@click.pass_obj
def command(settings: Settings, select: tuple[str, ...], dry_run: bool) -> None:
    """Optimize and vacuum what is due, of each SELECT (a table, model or schema), or of all.

    `meta.maintenance` of models and sources says when. Without SELECT, it also deletes old rows of
    the run history. Exit code 1: something failed; a table that others write is only postponed.
    """
    manifest = parse_manifest()
    every = rules.tables(manifest, os.environ.get("LAKEHOUSE_SCHEMA_PREFIX", ""))
    wanted = rules.chosen(every, select)
    failed = False
    with Session(settings) as session:
        session.execute(LOG_VACUUMS)
        needs = needs_of(session, rules.readers(manifest))
        for table in wanted:
            report = maintain(session, table, needs, dry_run)
            click.secho(report.sentence, fg="red" if report.failed else None)
            failed = failed or report.failed
        if not select:
            days = history_days()
            for name, rows in forget(session, days, dry_run):
                verb = "would delete" if dry_run else "deleted"
                click.echo(f"{name}: {verb} {rows:,} rows older than {days} days")
    sys.exit(1 if failed else 0)
