"""`lakehouse health`: is the lakehouse well now, in one answer for a monitor.

`lakehouse doctor` checks a machine before the start; this checks what runs and what was delivered.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import click
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from history.incidents import Incident, Last, incidents
from history.tables import LastRun, last_results, last_run
from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session, suppress_not_found
from loaders.contract import contracts
from loaders.ledger import LastLoad, last_loads
from ops.doctor import Finding, check_disk, check_login, found, print_findings
from ops.project import parse_manifest
from releases.publish import utc_now

# Share of rejected rows of a load above which it is not well.
REJECTED = 0.05


@dataclass(frozen=True)
class Facts:
    """What the server has about the last loads and runs, and what the project expects."""

    now: datetime
    loads: Mapping[str, LastLoad] = field(default_factory=dict)
    run: LastRun | None = None
    results: tuple[Last, ...] = ()
    problems: tuple[Incident, ...] = ()
    # Longest time between two loads of a source table.
    periods: Mapping[str, timedelta] = field(default_factory=dict)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of checks as JSON.")
@click.option(
    "--prometheus",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write metrics into this file, for the textfile collector of node_exporter.",
)
@click.pass_obj
def health(settings: Settings, as_json: bool, prometheus: Path | None) -> None:
    """Check server, disk, deliveries, last run and data; exit code 1 if a check fails."""
    findings = [found("Server", check_login, settings)]
    facts = Facts(utc_now())
    if findings[0].ok:
        manifest = parse_manifest()
        with Session(settings) as session:
            facts = read(session, manifest)
        findings += [found(name, check, facts) for name, check in CHECKS.items()]
    findings.append(found("Disk", check_disk, settings))
    if prometheus:
        write_to_textfile(str(prometheus), metrics(findings, facts))
    if as_json:
        click.echo(json.dumps([vars(each) for each in findings], indent=2))
    else:
        print_findings(findings)
    sys.exit(0 if all(each.ok for each in findings) else 1)


def read(session: Session, manifest: Mapping[str, Any]) -> Facts:
    """The facts of a server and a manifest."""
    loads = {}
    with suppress_not_found():
        loads = last_loads(session)
    results = last_results(session)
    return Facts(
        utc_now(),
        loads,
        last_run(session),
        tuple(results),
        tuple(incidents(results, {}, manifest)),
        periods(manifest),
    )


def periods(manifest: Mapping[str, Any]) -> dict[str, timedelta]:
    """The `warn_after` of the freshness of each source table that the loader loads, by dataset."""
    wanted = contracts(dict(manifest))
    within = {
        f"{each['source_name']}.{each['name']}": (each.get("freshness") or {}).get("warn_after")
        for each in manifest["sources"].values()
    }
    return {
        dataset: timedelta(**{f"{each['period']}s": each["count"]})
        for dataset, each in within.items()
        if dataset in wanted and each and each.get("count")
    }


def check_deliveries(facts: Facts) -> str:
    """Each source was loaded within the `warn_after` of its freshness."""
    late = []
    for dataset, period in facts.periods.items():
        last = facts.loads.get(dataset)
        if not last:
            late.append(f"{dataset}, never loaded")
        elif facts.now - last.closed_at > period:
            late.append(f"{dataset}, last loaded at {last.closed_at:%Y-%m-%d %H:%M} UTC")
    if late:
        raise LakehouseError(
            f"{len(late)} of {len(facts.periods)} sources are late: {'; '.join(late)}",
            "ask their owners for the files, then run: lakehouse load",
        )
    return f"{len(facts.periods)} sources are loaded in time"


def check_rejected(facts: Facts) -> str:
    """The last load of each source rejected few rows."""
    many = [
        f"{dataset} {each.rows_rejected:,} of {each.rows_read:,}"
        for dataset, each in facts.loads.items()
        if each.rows_rejected > REJECTED * each.rows_read
    ]
    if many:
        raise LakehouseError(
            f"rejected rows of the last loads: {'; '.join(many)}", "see: lakehouse quarantine list"
        )
    rejected = sum(each.rows_rejected for each in facts.loads.values())
    rows = sum(each.rows_read for each in facts.loads.values())
    return f"{rejected:,} of {rows:,} rows in the last loads"


def check_run(facts: Facts) -> str:
    """The last dbt run succeeded."""
    run = facts.run
    if not run:
        raise LakehouseError("dbt has not run yet", "run: dbt build")
    sentence = f"{run.command} at {run.ended_at:%Y-%m-%d %H:%M} UTC by {run.by}"
    if run.status != "success":
        raise LakehouseError(
            f"{sentence}: {run.failed} nodes failed, {run.skipped} were skipped",
            "see the data below; once mended, run: dbt retry",
        )
    return sentence


def check_data(facts: Facts) -> str:
    """No model's last build failed, and no data test has a score below its threshold."""
    problems = facts.problems
    if problems:
        shown = "; ".join(f"{each.dataset}: {each.sentence}" for each in problems[:3])
        more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise LakehouseError(f"{len(problems)} problems: {shown}{more}", "run: lakehouse alert")
    return f"{len(facts.results)} models and tests are well"


CHECKS: dict[str, Callable[[Facts], str]] = {
    "Deliveries": check_deliveries,
    "Rejected rows": check_rejected,
    "Last run": check_run,
    "Data": check_data,
}


def metrics(findings: list[Finding], facts: Facts) -> CollectorRegistry:
    """Prometheus metrics: docs/operating.md lists them. Times are seconds since 1970 UTC."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"lakehouse_{name}", about, labels, registry=registry)

    passed = gauge("check_passed", "1 if a check of lakehouse health passed, else 0.", "check")
    for finding in findings:
        passed.labels(finding.name).set(finding.ok)
    loaded = gauge("load_timestamp_seconds", "Time of the last load.", "dataset")
    rows = gauge("load_rows", "Rows that the last load read.", "dataset")
    rejected = gauge("load_rejected_rows", "Rows that the last load rejected.", "dataset")
    for dataset, load in facts.loads.items():
        loaded.labels(dataset).set(seconds(load.closed_at))
        rows.labels(dataset).set(load.rows_read)
        rejected.labels(dataset).set(load.rows_rejected)
    if facts.run:
        gauge("run_timestamp_seconds", "End of the last dbt run.").set(seconds(facts.run.ended_at))
        gauge("run_failed_nodes", "Nodes that failed in the last dbt run.").set(facts.run.failed)
    scores = gauge("test_score", "Last score of a data test, 0 to 1.", "dataset", "test")
    for each in facts.results:
        if each.score is not None:
            scores.labels(each.dataset, each.node.split(".")[2]).set(each.score)
    gauge("problems", "Models that failed, and tests below their threshold.").set(
        len(facts.problems)
    )
    return registry


def seconds(moment: datetime) -> float:
    """Seconds since 1970 of a time in UTC without a zone."""
    return moment.replace(tzinfo=timezone.utc).timestamp()
