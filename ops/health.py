"""`lakehouse health`: is the lakehouse well now, in one answer for a monitor.

`lakehouse doctor` checks a machine before the start; this checks what runs and what was delivered.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import click

from history.incidents import incidents
from history.tables import last_results, last_run
from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session, SqlError
from loaders.contract import contracts
from loaders.ledger import last_loads
from ops.doctor import check_disk, check_login, found, print_findings
from ops.project import parse
from releases.publish import utc_now

# Share of rejected rows of a load above which it is not well.
REJECTED = 0.05


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of checks as JSON.")
@click.pass_obj
def health(settings: Settings, as_json: bool) -> None:
    """Check server, disk, deliveries, last run and data; exit code 1 if a check fails."""
    findings = [found("Server", lambda: check_login(settings))]
    if findings[0].ok:
        manifest = parse().writable_manifest().to_dict(omit_none=False)
        with Session(settings) as session:
            findings += [found(name, check) for name, check in _checks(session, manifest).items()]
    findings.append(found("Disk", lambda: check_disk(settings)))
    if as_json:
        click.echo(json.dumps([vars(each) for each in findings], indent=2))
    else:
        print_findings(findings)
    sys.exit(0 if all(each.ok for each in findings) else 1)


def _checks(session: Session, manifest: Mapping[str, Any]) -> dict[str, Callable[[], str]]:
    return {
        "Deliveries": lambda: check_deliveries(session, manifest),
        "Rejected rows": lambda: check_rejected(session),
        "Last run": lambda: check_last_run(session),
        "Data": lambda: check_data(session, manifest),
    }


def check_deliveries(session: Session, manifest: Mapping[str, Any]) -> str:
    """Each source was loaded within the `warn_after` of its freshness."""
    loads = _loads(session)
    late = {}
    for dataset, within in expected(manifest).items():
        closed = loads[dataset].closed_at if dataset in loads else None
        if not closed or utc_now() - closed > within:
            late[dataset] = f"{dataset}, last {closed:%Y-%m-%d %H:%M} UTC" if closed else dataset
    if late:
        raise LakehouseError(
            f"{len(late)} sources are late: {'; '.join(late.values())}",
            "ask their owners for the files, then run: lakehouse load",
        )
    return f"{len(loads)} sources are loaded in time"


def expected(manifest: Mapping[str, Any]) -> dict[str, timedelta]:
    """Longest time between two loads of each source table that has a freshness, by dataset."""
    periods = {}
    for dataset, source in _sources(manifest).items():
        within = (source.get("freshness") or {}).get("warn_after") or {}
        if within.get("count"):
            periods[dataset] = timedelta(**{f"{within['period']}s": within["count"]})
    return periods


def _sources(manifest: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    wanted = contracts(dict(manifest))
    every = (
        (f"{each['source_name']}.{each['name']}", each) for each in manifest["sources"].values()
    )
    return {dataset: each for dataset, each in every if dataset in wanted}


def _loads(session: Session) -> dict:
    try:
        return last_loads(session)
    except SqlError as error:
        if not error.not_found:
            raise
        raise LakehouseError("nothing was loaded yet", "run: lakehouse load") from None


def check_rejected(session: Session) -> str:
    """The last load of each source rejected few rows."""
    loads = _loads(session)
    many = [
        f"{dataset}: {each.rows_rejected:,} of {each.rows_read:,} rows"
        for dataset, each in loads.items()
        if each.rows_rejected > REJECTED * each.rows_read
    ]
    if many:
        raise LakehouseError(
            f"the last loads rejected {'; '.join(many)}", "see: lakehouse quarantine list"
        )
    rejected = sum(each.rows_rejected for each in loads.values())
    return (
        f"{rejected:,} of {sum(each.rows_read for each in loads.values()):,} rows in the last loads"
    )


def check_last_run(session: Session) -> str:
    """The last dbt run succeeded."""
    run = last_run(session)
    if not run:
        raise LakehouseError("dbt has not run yet", "run: dbt build")
    sentence = f"{run.command} at {run.ended_at:%Y-%m-%d %H:%M} UTC by {run.by}"
    if run.status != "success":
        raise LakehouseError(
            f"{sentence}: {run.failed} nodes failed, {run.skipped} were skipped",
            "see the data below; once mended, run: dbt retry",
        )
    return sentence


def check_data(session: Session, manifest: Mapping[str, Any]) -> str:
    """No model's last build failed, and no data test has a score below its threshold."""
    lasts = last_results(session)
    problems = incidents(lasts, {}, manifest)
    if problems:
        shown = "; ".join(f"{each.dataset}: {each.sentence}" for each in problems[:3])
        more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise LakehouseError(f"{len(problems)} problems: {shown}{more}", "run: lakehouse alert")
    return f"{len(lasts)} models and tests are well"
