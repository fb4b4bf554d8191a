"""The tables `ops.runs`, `ops.node_results` and `ops.alerts`.

All only grow, until maintenance deletes old runs.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from history.incidents import Incident, Last
from history.results import GOOD, Outcome
from lakehouse.delta import execute_or_create
from lakehouse.settings import project_variable, schema_name
from lakehouse.sql import in_list, inline_records, literal
from lakehouse.thrift import Session, suppress_not_found

# Name, type and description of each column.
RUN_COLUMNS = (
    ("invocation_id", "string not null", "The dbt run, as in its logs and artifacts."),
    ("command", "string not null", "Such as build, run or test. A retry has that of the run."),
    ("status", "string not null", "success or error."),
    ("models", "bigint not null", "Models, seeds and snapshots that it was to build."),
    ("tests", "bigint not null", "Data tests and unit tests that it was to run."),
    ("failed", "bigint not null", "Nodes that failed."),
    ("warned", "bigint not null", "Tests that warned."),
    ("skipped", "bigint not null", "Nodes that were skipped, because one above them failed."),
    ("is_empty", "boolean not null", "Whether it ran with --empty or --sample."),
    ("git_commit", "string not null", "Commit of the project, with -dirty if files differ."),
    ("run_by", "string not null", "The user of the run."),
    ("started_at", "timestamp not null", "Start of the run, UTC."),
    ("ended_at", "timestamp not null", "End of the run, UTC."),
)
NODE_COLUMNS = (
    ("invocation_id", "string not null", "The dbt run, as in ops.runs."),
    ("node", "string not null", "Unique id of the node in dbt."),
    ("kind", "string not null", "model, seed, snapshot, test, unit_test, exposure or saved_query."),
    ("dataset", "string", "The relation that it builds or tests, such as gold.fct_sales."),
    ("column_name", "string", "The column that a test is about; null without one."),
    ("status", "string not null", "success, pass, warn, fail, error, skipped or no-op."),
    ("seconds", "double not null", "How long it took."),
    ("failures", "bigint", "Rows that violate a test; null of other nodes."),
    ("message", "string not null", "What dbt says of it; of an error the first 1,000 characters."),
    ("versions", "map<string, bigint>", "Of a data test of severity error: the versions of the "
     "tables of gold that it read, without those written meanwhile."),
    ("rows", "bigint", "Rows that its commit added, changed or removed; of a test with failures "
     "that are rows, the rows of its dataset; null without either."),
    ("files", "bigint", "Files that its commit added."),
    ("bytes", "bigint", "Bytes that its commit added."),
    ("ended_at", "timestamp not null", "End of the run, UTC."),
    ("dimension", "string", "Dimension of quality of a data test, such as completeness."),
    ("threshold", "double", "Lowest score of a data test that passes, from 0 to 1."),
    ("score", "double", "Share of the rows that pass a data test, from 0 to 1."),
)  # fmt: skip
ALERT_COLUMNS = (
    ("channel", "string not null", "Service and id of the address that was told."),
    ("node", "string not null", "Unique id of the node in dbt."),
    ("dataset", "string not null", "The relation that it builds or tests."),
    ("state", "string not null", "problem or recovered."),
    ("owner", "string not null", "Owner of the node."),
    ("sentence", "string not null", "What was told."),
    ("told_at", "timestamp not null", "When it was told, UTC."),
)


def runs() -> str:
    return f"{schema_name('ops')}.runs"


def node_results() -> str:
    return f"{schema_name('ops')}.node_results"


def alerts() -> str:
    return f"{schema_name('ops')}.alerts"


def create(session: Session) -> None:
    """Create the tables that do not exist, and add the columns that an earlier version lacks."""
    session.execute(f"create schema if not exists {schema_name('ops')}")
    for table, columns, comment in (
        (runs(), RUN_COLUMNS, "One row per dbt run, for run_history_days."),
        (node_results(), NODE_COLUMNS, "One row per dbt run and node, as ops.runs."),
        (alerts(), ALERT_COLUMNS, "One row per incident that was told, or its end. Append-only."),
    ):
        listed = ",\n    ".join(
            f"`{name}` {type} comment '{about}'" for name, type, about in columns
        )
        session.execute(
            f"create table if not exists {table} (\n    {listed}\n) using delta comment '{comment}'"
        )
        known = {name for name, *_ in session.execute(f"describe {table}")}
        if missing := [f"`{n}` {type} comment '{a}'" for n, type, a in columns if n not in known]:
            session.execute(f"alter table {table} add columns ({', '.join(missing)})")


def record(
    session: Session, run: Mapping[str, object], nodes: Iterable[Mapping[str, object]]
) -> None:
    """Add a run and its nodes; creates the tables if this is the first one."""
    execute_or_create(session, _insert(runs(), RUN_COLUMNS, [run]), create)
    execute_or_create(session, _insert(node_results(), NODE_COLUMNS, nodes), create)


def count_rows(session: Session, datasets: Iterable[str]) -> dict[str, int]:
    """The rows of relations, by name, without those that do not exist, such as deferred ones."""
    counts = {}
    for each in sorted(datasets):
        with suppress_not_found():
            [(counts[each],)] = session.execute(f"select count(*) from {each}")
    return counts


def _insert(
    table: str,
    columns: Iterable[tuple[str, str, str]],
    rows: Iterable[Mapping[str, object]],
) -> str:
    schema = ", ".join(f"`{name}` {type.removesuffix(' not null')}" for name, type, _ in columns)
    return f"insert into {table} select * from {inline_records(schema, rows)}"


def last_outcomes(session: Session) -> dict[str, Outcome]:
    """The last result of each data test of severity error, by unique id."""
    rows = session.execute(f"""
select node, max_by({in_list("status", GOOD)}, ended_at), to_json(max_by(versions, ended_at))
from {node_results()} where versions is not null group by node""")
    return {node: Outcome(passed, json.loads(versions)) for node, passed, versions in rows}


class LastRun(NamedTuple):
    """The end of the last dbt run: see `ops.runs`."""

    command: str
    status: str
    failed: int
    skipped: int
    by: str
    ended_at: datetime


def last_run(session: Session) -> LastRun | None:
    """The last dbt run that read rows; None if there is none."""
    statement = f"""
select command, status, failed, skipped, run_by, ended_at from {runs()}
where not is_empty order by ended_at desc limit 1"""
    return next((LastRun(*row) for row in execute_or_create(session, statement, create)), None)


def last_results(session: Session) -> list[Last]:
    """The last result of each model, seed, snapshot and data test that ran."""
    statement = f"""
select node, last.* from (
    select node, max_by(
        struct(dataset, status, failures, `rows`, message, dimension, score, threshold), ended_at
    ) as last
    from {node_results()} where dataset is not null and status <> 'skipped' and kind <> 'unit_test'
    group by node
)"""
    return [Last(*row) for row in execute_or_create(session, statement, create)]


def open_problems(session: Session, channel: str) -> dict[str, str]:
    """The dataset of each node of which a channel was told a problem, and no recovery yet."""
    statement = f"""
select node, max_by(dataset, told_at) from {alerts()} where channel = {literal(channel)}
group by node having max_by(state, told_at) = 'problem'"""
    return dict(execute_or_create(session, statement, create))


def add_alerts(session: Session, channel: str, told: Iterable[Incident], told_at: datetime) -> None:
    """Record that a channel was told of incidents."""
    rows = [
        {
            "channel": channel,
            "node": each.node,
            "dataset": each.dataset,
            "state": "problem" if each.opened else "recovered",
            "owner": each.owner.name,
            "sentence": each.sentence,
            "told_at": told_at.isoformat(sep=" "),
        }
        for each in told
    ]
    session.execute(_insert(alerts(), ALERT_COLUMNS, rows))


def history_days() -> int:
    """The variable run_history_days of the dbt project, in days."""
    return int(project_variable("run_history_days"))


def forget(session: Session, days: int, dry_run: bool = False) -> Iterator[tuple[str, int]]:
    """Delete the rows of runs that ended more than `days` days ago; yields table and rows.

    With `dry_run` they are only counted. A table that does not exist is left out.
    """
    action = "select count(*)" if dry_run else "delete"
    for table in (runs(), node_results()):
        old = f"from {table} where ended_at < now() - interval {days} days"
        with suppress_not_found():
            [(rows,)] = session.execute(f"{action} {old}")
            yield table, rows
