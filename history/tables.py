"""The tables `ops.runs` and `ops.node_results`. Both only grow."""

import json
from collections.abc import Iterable, Mapping

from history.results import GOOD, Outcome
from lakehouse.delta import execute_or_create
from lakehouse.settings import schema_name
from lakehouse.sql import in_list, inline_records
from lakehouse.thrift import Session

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
    ("rows", "bigint", "Rows that its commit added, changed or removed; null without a commit."),
    ("files", "bigint", "Files that its commit added."),
    ("bytes", "bigint", "Bytes that its commit added."),
    ("ended_at", "timestamp not null", "End of the run, UTC."),
)  # fmt: skip


def runs() -> str:
    return f"{schema_name('ops')}.runs"


def node_results() -> str:
    return f"{schema_name('ops')}.node_results"


def create(session: Session) -> None:
    """Create the tables that do not exist."""
    session.execute(f"create schema if not exists {schema_name('ops')}")
    for table, columns, comment in (
        (runs(), RUN_COLUMNS, "One row per dbt run. Append-only."),
        (node_results(), NODE_COLUMNS, "One row per dbt run and node. Append-only."),
    ):
        listed = ",\n    ".join(
            f"`{name}` {type} comment '{about}'" for name, type, about in columns
        )
        session.execute(
            f"create table if not exists {table} (\n    {listed}\n) using delta comment '{comment}'"
        )


def record(
    session: Session, run: Mapping[str, object], nodes: Iterable[Mapping[str, object]]
) -> None:
    """Add a run and its nodes; creates the tables if this is the first one."""
    execute_or_create(session, _insert(runs(), RUN_COLUMNS, [run]), create)
    execute_or_create(session, _insert(node_results(), NODE_COLUMNS, nodes), create)


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
