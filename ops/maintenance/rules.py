"""What is due, and what a vacuum keeps. Pure functions of dbt's manifest and Delta's history.

A history is a list of commits as `lakehouse.delta.history` returns it, the newest first.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from history.results import BUILT, is_table, relation_of
from lakehouse.errors import LakehouseError, WrongUsage

REQUIRED = ("optimize_after_commits", "vacuum_after_days")
CREATES = ("CREATE TABLE AS SELECT", "REPLACE TABLE AS SELECT", "CREATE OR REPLACE TABLE AS SELECT")
# Operations that write rows.
DATA = {*CREATES, "WRITE", "MERGE", "DELETE", "UPDATE", "STREAMING UPDATE", "TRUNCATE", "RESTORE"}
# Operations of maintenance itself, of which the change feed has nothing.
WITHOUT_ROWS = ("OPTIMIZE", "VACUUM START", "VACUUM END")
# A file is older than its commit by up to the length of a statement. dbt_change_feed takes what
# was removed up to an hour before its time for vacuumed: the other hour is for the vacuum itself.
MARGIN = timedelta(hours=2)

Commit = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """`meta.maintenance` of a table: each number is None if that work is never due."""

    optimize_after_commits: int | None
    vacuum_after_days: int | None
    zorder_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table with a policy: its relation, such as gold.fct_sales, and its name in dbt."""

    relation: str
    name: str
    policy: Policy

    @property
    def schema(self) -> str:
        return self.relation.partition(".")[0]


class Need(NamedTuple):
    """A reader of a table, and the version that it reads, or after which it reads the changes."""

    by: str
    version: int
    changes: bool = False


class Kept(NamedTuple):
    """The time since when removed files are needed, and by whom; empty: the table's own promise.

    If somebody needs more than the promise, the vacuum has to wait: `retain` does not help. Delta
    forgets when a file was removed after the promised time, and takes it for as old as its content.
    """

    since: datetime
    by: str = ""


def tables(manifest: Mapping[str, Any], prefix: str = "") -> list[Table]:
    """The tables with a policy, by relation.

    With a schema prefix only the tables of the prefix: the others are shared, and their readers
    are not known here. Raises LakehouseError if a policy is not valid.
    """
    found = []
    for node in (*manifest["nodes"].values(), *manifest["sources"].values()):
        source = node["resource_type"] == "source"
        if not source and not is_table(node):
            continue
        relation = relation_of(node).lower()
        policy = _policy(relation, (node.get("config") or {}).get("meta") or {})
        if policy and relation.startswith(prefix):
            name = f"{node['source_name']}.{node['name']}" if source else node["name"]
            found.append(Table(relation, name, policy))
    return sorted(found, key=lambda table: table.relation)


def readers(manifest: Mapping[str, Any]) -> list[str]:
    """The relations that follow the change feeds of others."""
    return [
        relation_of(node).lower()
        for node in manifest["nodes"].values()
        if node["resource_type"] in BUILT and node["config"].get("materialized") == "change_feed"
    ]


def _policy(relation: str, meta: Mapping[str, Any]) -> Policy | None:
    given = meta.get("maintenance")
    if not given:
        return None
    where = f"meta.maintenance of {relation}"
    if unknown := sorted(given.keys() - {*REQUIRED, "zorder_by"}):
        raise LakehouseError(
            f"{where} has {', '.join(unknown)}", f"use {', '.join(REQUIRED)} or zorder_by"
        )
    if missing := [key for key in REQUIRED if key not in given]:
        raise LakehouseError(
            f"{where} lacks {', '.join(missing)}",
            "dbt takes the nearest `maintenance` whole: name all of its keys; null means never",
        )
    for key in REQUIRED:
        value = given[key]
        if value is not None and (type(value) is not int or value < 0):
            raise LakehouseError(f"{where}: {key} is {value!r}", "use a whole number or null")
    columns = given.get("zorder_by") or ()
    zorder_by = (columns,) if isinstance(columns, str) else tuple(columns)
    return Policy(given["optimize_after_commits"], given["vacuum_after_days"], zorder_by)


def chosen(every: Sequence[Table], names: Iterable[str]) -> list[Table]:
    """The tables that are named by relation, by dbt's name or by schema; all without names.

    Raises WrongUsage, with near names, for a name that no table has.
    """
    names = list(dict.fromkeys(name.lower() for name in names))
    known = {name for table in every for name in (table.relation, table.name, table.schema)}
    if unknown := [name for name in names if name not in known]:
        near = [each for name in unknown for each in get_close_matches(name, known)]
        raise WrongUsage(
            f"no table with a maintenance policy is called {', '.join(unknown)}",
            f"use {' or '.join(near)}" if near else "lakehouse maintain --dry-run lists them",
        )
    wanted = set(names)
    return [
        table
        for table in every
        if not wanted or wanted & {table.relation, table.name, table.schema}
    ]


def commits_to_optimize(history: Sequence[Commit], policy: Policy) -> int:
    """Commits with rows since the table was last laid out.

    That is the last OPTIMIZE; without a Z-order, also a commit that replaced all rows.
    """
    count = 0
    for commit in history:
        if commit["operation"] == "OPTIMIZE":
            break
        if not policy.zorder_by and _replaces_all(commit):
            break
        count += commit["operation"] in DATA
    return count


def _replaces_all(commit: Commit) -> bool:
    parameters = str(commit["operationParameters"])
    return commit["operation"] in CREATES or (
        commit["operation"] == "WRITE"
        and '"mode":"Overwrite"' in parameters
        and '"predicate"' not in parameters
        and "ynamicPartitionOverwrite" not in parameters
    )


def last_vacuum(history: Sequence[Commit]) -> Commit | None:
    """The commit with which the last VACUUM began; None if Delta knows of none."""
    return next((each for each in history if each["operation"] == "VACUUM START"), None)


def keep(
    history: Sequence[Commit], promise: timedelta, needs: Iterable[Need], now: datetime
) -> Kept:
    """What a vacuum of a table has to keep, of the files that were removed.

    Never less than the table's own promise of time travel. A reader of a version needs what the
    commits after it removed; one of the changes needs it from the next commit with rows on. What
    is older than the history cannot be read any more.
    """
    kept = Kept(now - promise)
    for need in needs:
        later = [each for each in reversed(history) if each["version"] > need.version]
        if later and later[0]["version"] > need.version + 1:
            continue
        times = [
            each["timestamp"]
            for each in later
            if not need.changes or each["operation"] not in WITHOUT_ROWS
        ]
        if times:
            kept = min(kept, Kept(times[0] - MARGIN, need.by))
    return kept


def removable(history: Sequence[Commit], kept: Kept) -> int:
    """Commits of which the last vacuum kept the removed files, and one now need not."""
    before = last_vacuum(history)
    since = _kept_by(before) if before else datetime.min
    return sum(
        since < each["timestamp"] < kept.since
        for each in history
        if each["operation"] in {*DATA, "OPTIMIZE"}
    )


def _kept_by(vacuum: Commit) -> datetime:
    """The time since when a VACUUM kept removed files."""
    parameters = str(vacuum["operationParameters"])
    milliseconds = re.search(r"specifiedRetentionMillis\W+(\d+)", parameters) or re.search(
        r"defaultRetentionMillis\W+(\d+)", parameters
    )
    age = int(milliseconds[1]) if milliseconds else 0
    return vacuum["timestamp"] - timedelta(milliseconds=age)
