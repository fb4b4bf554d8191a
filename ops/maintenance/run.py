"""OPTIMIZE and VACUUM of a table, as far as its policy says."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from history.results import invocation_of
from lakehouse.delta import history
from lakehouse.sql import identifier
from lakehouse.thrift import Session, SqlError, suppress_not_found
from ops.maintenance.rules import (
    Need,
    Table,
    commits_to_optimize,
    keep,
    last_vacuum,
    removable,
)
from releases import tables, views
from releases.publish import utc_now
from releases.retention import needed, retention_days

# An object store's VACUUM is in the history only with it, and the next one is due by that.
LOG_VACUUMS = "set spark.databricks.delta.vacuum.logging.enabled=true"
DEFAULT_RETENTION = "interval 7 days"
# As many commits dbt_change_feed looks at for its state.
STATE_COMMITS = 50


@dataclass(frozen=True)
class Report:
    """One line about a table, and whether something failed."""

    relation: str
    parts: tuple[str, ...]
    failed: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.relation}: {'; '.join(self.parts)}"


# The needs of a table, by its relation and id.
Needs = Callable[[str, str], list[Need]]


def needs_of(session: Session, readers: Iterable[str]) -> Needs:
    """The needs of releases and of change-feed readers, which are all read now."""
    found: dict[tuple[str, str], list[Need]] = defaultdict(list)
    for reader in readers:
        for upstream, read in _read_by(session, reader).items():
            key = (upstream.replace("`", "").lower(), str(read.get("id")))
            if read.get("version") is not None:
                found[key].append(Need(reader, int(read["version"]), True))
    released = needed(tables.history(session), retention_days(), utc_now())
    for (name, version), number in released.items():
        found[f"{views.gold()}.{name}".lower(), ""].append(Need(f"release {number}", version))
    return lambda relation, id: [*found[relation, id], *found[relation, ""]]


def _read_by(session: Session, reader: str) -> Mapping[str, Mapping[str, Any]]:
    """The state that dbt_change_feed wrote into the newest commit of a model, by upstream."""
    commits = []
    with suppress_not_found():
        commits = history(session, _quoted(reader), STATE_COMMITS)
    states = [invocation_of(commit).get("change_feed") for commit in commits]
    read = next((state.get("read") for state in states if state), None)
    return {name: each for name, each in (read or {}).items() if each}


def maintain(session: Session, table: Table, needs: Needs, dry_run: bool = False) -> Report:
    """Do what is due for a table; with `dry_run` only say it. Errors of SQL are in the report."""
    name = _quoted(table.relation)
    parts = []
    try:
        commits = history(session, name)
        if invocation_of(commits[0]).get("empty"):
            # A release must see that its newest version is not to be published.
            return Report(table.relation, ("postponed: built with --empty or --sample",))
        for work in (_optimize, _vacuum):
            parts.append(work(session, table, commits, needs, dry_run))
    except SqlError as error:
        if error.not_found:
            return Report(table.relation, ("not built yet",))
        postponed = "postponed, another session wrote it: " if error.conflict else "failed: "
        return Report(table.relation, (*parts, postponed + error.sentence), not error.conflict)
    return Report(table.relation, tuple(parts))


def _optimize(
    session: Session, table: Table, commits: list[dict[str, Any]], needs: Needs, dry_run: bool
) -> str:
    after = table.policy.optimize_after_commits
    if after is None:
        return "never optimized"
    count = commits_to_optimize(commits, table.policy)
    if not count or count < after:
        return f"optimize not due ({count} of {after} commits)"
    detail = _detail(session, table)
    if detail["numFiles"] < 2:
        return f"optimize not due ({count} commits, {detail['numFiles']} files)"
    columns = table.policy.zorder_by if detail["clusteringColumns"] in ("[]", None) else ()
    order = f" zorder by ({', '.join(map(identifier, columns))})" if columns else ""
    if dry_run:
        return f"would optimize{order}, after {count} commits ({detail['numFiles']} files)"
    began = time.monotonic()
    [(_, text)] = session.execute(f"optimize {_quoted(table.relation)}{order}")
    metrics = json.loads(text)
    return (
        f"optimized{order} after {count} commits: {metrics['numFilesRemoved']} files are now "
        f"{metrics['numFilesAdded']}, {_size(metrics['filesAdded']['totalSize'])}, "
        f"{time.monotonic() - began:.1f} s"
    )


def _vacuum(
    session: Session, table: Table, commits: list[dict[str, Any]], needs: Needs, dry_run: bool
) -> str:
    days = table.policy.vacuum_after_days
    if days is None:
        return "never vacuumed"
    now = server_time(session)
    last = last_vacuum(commits)
    if last and last["timestamp"] > now - timedelta(days=days):
        return f"vacuum not due (last at {_minute(last['timestamp'])})"
    detail = _detail(session, table)
    promise = _promise(session, str(detail["properties"]))
    kept = keep(commits, promise, needs(table.relation, detail["id"]), now)
    if kept.by:
        return (
            f"vacuum waits for {kept.by}, which needs what was removed since {_minute(kept.since)}"
        )
    since = f"kept since {_minute(kept.since)}"
    if not removable(commits, kept):
        return f"vacuum not due ({since})"
    why = f"last at {_minute(last['timestamp'])}" if last else "the first one"
    if dry_run:
        return f"would vacuum ({why}, {since})"
    began = time.monotonic()
    session.execute(f"vacuum {_quoted(table.relation)}")
    metrics = _vacuumed(history(session, _quoted(table.relation), 2))
    return (
        f"vacuumed ({why}, {since}): {metrics.get('numDeletedFiles', '?')} files, "
        f"{_size(int(metrics.get('sizeOfDataToDelete', 0)))}, {time.monotonic() - began:.1f} s"
    )


def _vacuumed(commits: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The metrics of the VACUUM that made the two newest commits."""
    return {
        name: value
        for commit in commits
        if commit["operation"].startswith("VACUUM")
        for name, value in json.loads(commit["operationMetrics"] or "{}").items()
    }


def _promise(session: Session, properties: str) -> timedelta:
    """For how long a table's own property, or Delta's default, keeps removed files."""
    found = re.search(r'"delta\.deletedFileRetentionDuration":"(interval [\w ]+)"', properties)
    interval = found[1] if found else DEFAULT_RETENTION
    [(seconds,)] = session.execute(f"select timestampdiff(second, now() - {interval}, now())")
    return timedelta(seconds=seconds)


def _detail(session: Session, table: Table) -> dict[str, Any]:
    result = session.query(f"describe detail {_quoted(table.relation)}")
    [row] = result.rows
    return dict(zip(result.columns, row, strict=True))


def server_time(session: Session) -> datetime:
    """The time of the server, which also wrote the times of the commits: UTC, without a zone."""
    [(now,)] = session.execute("select now()")
    return now


def _quoted(relation: str) -> str:
    return identifier(*relation.split(".", 1))


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
