"""OPTIMIZE and VACUUM of real tables, in schemas of these tests alone."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from history.tables import create as create_history
from history.tables import forget
from lakehouse.delta import history, last_commit
from lakehouse.thrift import Session, SqlError
from ops.maintenance.rules import Policy, Table
from ops.maintenance.run import maintain, needs_of
from releases.tables import Model, Release, add
from tests.conftest import lakehouse

NAME = "mt_gold.fct"
TABLE = Table(NAME, "fct", Policy(3, 0, ("a",)))


@pytest.fixture(autouse=True)
def prefix(request) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEHOUSE_SCHEMA_PREFIX", "mt_")
        yield


@pytest.fixture
def table(session) -> Session:
    """A session, and an empty table that promises no time travel."""
    for schema in ("mt_gold", "mt_ops"):
        session.execute(f"drop schema if exists {schema} cascade")
        session.execute(f"create schema {schema}")
    session.execute(f"""
create table {NAME} (a int, b int) using delta tblproperties (
    'delta.deletedFileRetentionDuration' = 'interval 0 seconds', 'delta.enableChangeDataFeed' = true
)""")
    return session


def insert(session: Session, *values: int) -> None:
    for value in values:
        session.execute(f"insert into {NAME} values ({value}, 1)")


def no_needs(relation: str, id: str) -> list:
    return []


def version(session: Session) -> int:
    return last_commit(session, NAME)["version"]


def test_what_is_due_is_done_once(table):
    insert(table, 1, 2)
    assert "optimize not due (2 of 3 commits)" in maintain(table, TABLE, no_needs).sentence
    insert(table, 3)
    before = version(table)

    dry = maintain(table, TABLE, no_needs, dry_run=True).sentence
    assert "would optimize zorder by (`a`), after 3 commits (3 files)" in dry
    assert "would vacuum (" in dry
    assert version(table) == before

    done = maintain(table, TABLE, no_needs)
    assert "optimized zorder by (`a`) after 3 commits: 3 files are now 1" in done.sentence
    assert not done.failed
    maintain(table, TABLE, no_needs)
    assert table.execute(f"select count(*), sum(a) from {NAME}") == [(3, 6)]
    with pytest.raises(SqlError, match="does not exist|FILE_NOT_EXIST"):
        table.execute(f"select sum(a) from {NAME} version as of {before}")

    before = version(table)
    again = maintain(table, TABLE, no_needs).sentence
    assert "optimize not due (0 of 3 commits); vacuum not due" in again
    assert version(table) == before


def test_a_vacuum_waits_for_a_release_and_for_a_reader(table):
    never = Table(NAME, "fct", Policy(None, 0))
    for value in (1, 2, 3, 4):
        table.execute(f"insert overwrite {NAME} values ({value}, 1)")
    [(_, id, *_)] = table.execute(f"describe detail {NAME}")
    state = {"change_feed": {"read": {"`mt_gold`.`fct`": {"id": id, "version": 3}}}}
    table.execute(f"set spark.databricks.delta.commitInfo.userMetadata={json.dumps(state)}")
    table.execute("create table mt_gold.reader (a int) using delta")

    reader = needs_of(table, ["mt_gold.reader"])
    assert "vacuum waits for mt_gold.reader" in maintain(table, never, reader).sentence
    changes = f"select a, _change_type from table_changes('{NAME}', 4, 4)"
    assert sorted(table.execute(changes)) == [(3, "delete"), (4, "insert")]
    # Of another table with this name the reader needs nothing.
    assert reader(NAME, "another id") == []

    add(table, Release(1, "build", {"fct": Model(2)}))
    both = needs_of(table, ["mt_gold.reader"])
    assert "vacuum waits for release 1" in maintain(table, never, both).sentence
    assert table.execute(f"select a from {NAME} version as of 2") == [(2,)]

    assert "vacuumed (the first one" in maintain(table, never, no_needs).sentence
    for version in (1, 2, 3):
        with pytest.raises(SqlError, match="does not exist|FILE_NOT_EXIST"):
            table.execute(f"select a from {NAME} version as of {version}")
    assert table.execute(f"select a from {NAME}") == [(4,)]


def test_what_others_insert_meanwhile_is_not_lost(table, server):
    # A vacuum that keeps nothing would remove files which a running statement reads.
    optimized = replace(TABLE, policy=Policy(3, None, ("a",)))
    insert(table, 0)
    stop = threading.Event()
    written = [0]

    def write() -> None:
        with Session(server) as own:
            while not stop.is_set():
                insert(own, len(written))
                written.append(len(written))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reports = []
        while sum("optimized" in each.sentence for each in reports) < 3 and len(reports) < 60:
            reports.append(maintain(table, optimized, no_needs))
    finally:
        stop.set()
        writer.join()
    assert not any(each.failed for each in reports), reports
    assert sum("optimized" in each.sentence for each in reports) == 3, reports
    assert table.execute(f"select a from {NAME} order by a") == [(each,) for each in written]


class Refusing:
    """A session that runs everything but `optimize`, which fails with a message."""

    def __init__(self, session: Session, message: str):
        self.query, self._session, self._message = session.query, session, message

    def execute(self, statement: str) -> list[tuple]:
        if statement.startswith("optimize"):
            raise SqlError(self._message)
        return self._session.execute(statement)


@pytest.mark.parametrize(
    ("message", "said", "failed"),
    [
        ("[DELTA_CONCURRENT_DELETE_READ] Changed.", "postponed, another session wrote it", False),
        ("[DISK_FULL] No space.", "failed: [DISK_FULL] No space.", True),
    ],
)
def test_a_conflict_is_postponed_and_other_errors_are_failures(table, message, said, failed):
    insert(table, 1, 2, 3)
    report = maintain(Refusing(table, message), TABLE, no_needs)
    assert said in report.sentence and report.failed == failed


def test_a_table_that_dbt_built_empty_is_left_alone(table):
    insert(table, 1, 2)
    table.execute('set spark.databricks.delta.commitInfo.userMetadata={"empty": true}')
    insert(table, 3)
    before = version(table)
    assert "postponed: built with --empty" in maintain(table, TABLE, no_needs).sentence
    assert version(table) == before


def test_tables_of_another_kind_are_named(table):
    missing = Table("mt_gold.nothing", "nothing", Policy(3, 0))
    assert maintain(table, missing, no_needs).sentence == "mt_gold.nothing: not built yet"
    table.execute(f"create view mt_gold.seen as select * from {NAME}")
    report = maintain(table, Table("mt_gold.seen", "seen", Policy(3, 0)), no_needs)
    assert report.failed and "is a view" in report.sentence


def test_old_runs_are_forgotten_once(table):
    assert list(forget(table, 365)) == []
    create_history(table)
    for days in (400, 300):
        table.execute(f"""
insert into mt_ops.runs select 'r{days}', 'build', 'success', 0, 0, 0, 0, 0, false, '', '',
    now() - interval {days} days, now() - interval {days} days""")
    assert list(forget(table, 365, dry_run=True)) == [
        ("mt_ops.runs", 1),
        ("mt_ops.node_results", 0),
    ]
    assert table.execute("select count(*) from mt_ops.runs") == [(2,)]
    assert list(forget(table, 365)) == [("mt_ops.runs", 1), ("mt_ops.node_results", 0)]
    assert table.execute("select invocation_id from mt_ops.runs") == [("r300",)]
    before = [each["version"] for each in history(table, "mt_ops.runs")]
    assert list(forget(table, 365)) == [("mt_ops.runs", 0), ("mt_ops.node_results", 0)]
    assert [each["version"] for each in history(table, "mt_ops.runs")] == before


def test_a_command_with_an_unknown_name_has_the_near_ones():
    result = lakehouse("maintain", "fct_sale")
    assert result.exit_code == 2
    assert "no table with a maintenance policy is called fct_sale" in result.output
    assert "fct_sales" in result.output
