"""Readers see what passed its tests: dbt on a small shop, whose builds fail in every way."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg

from lakehouse.settings import PROJECT
from lakehouse.thrift import Session, SqlError
from releases.publish import utc_now
from releases.tables import Release, add, create, history, latest
from tests.conftest import lakehouse
from tests.servers import process_of, restart_server

PREFIX = "rel_"
BAD = 666
SUM = "select sum(amount) from rel_published.fct_orders"


@pytest.fixture(scope="module", autouse=True)
def prefix() -> Iterator[None]:
    """Schemas of these tests alone, for dbt and for commands in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKEHOUSE_SCHEMA_PREFIX", PREFIX)
        yield


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("target")


class Result(NamedTuple):
    """Whether a dbt command succeeded, and what it printed, in one line."""

    success: bool
    output: str


# Variables that dbt reads when it parses the shop.
PARSED = {"private", "doubled", "shop_type"}


@pytest.fixture(scope="module")
def run(server, target) -> Callable[..., Result]:
    """Runs a dbt command on the shop in this process, with the values of its variables."""
    parsed = dbtRunner().invoke(["parse", *where(target)]).result

    def run(*command: str, **variables: str) -> Result:
        lines: list[str] = []

        def keep(event: EventMsg) -> None:
            if event.info.level != "debug":
                lines.append(event.info.msg)

        # Parsing takes 2 s.
        runner = dbtRunner(None if PARSED & variables.keys() else parsed, callbacks=[keep])
        given = ["--vars", json.dumps(variables)] if command[0] != "retry" else []
        if command[0] == "build" and "doubled" not in variables:
            given += ["--exclude-resource-type", "unit_test"]
        result = runner.invoke([*command, *where(target), *given])
        return Result(result.success, " ".join(" ".join(lines).split()))

    return run


def where(target: Path) -> list[str]:
    """The options of dbt for the shop, whose artifacts are in `target`."""
    shop = Path(__file__).parent / "shop"
    profiles = PROJECT / "profiles"
    return [
        *("--project-dir", str(shop), "--profiles-dir", str(profiles)),
        *("--target-path", str(target), "--log-path", str(target), "--quiet"),
    ]


AMOUNTS = itertools.count(20)


def orders() -> tuple[str, int]:
    """The rows of two orders that no build had before, and the sum of their amounts."""
    amount = next(AMOUNTS)
    return f"(1, 10), (2, {amount})", 10 + amount


class Seen(NamedTuple):
    """What readers see: the number of the release, and the sum of its amounts."""

    release: int
    amount: int


def seen(session: Session) -> Seen:
    [(release,)] = session.execute(
        "select max(release) from rel_ops.releases where kind in ('build', 'rollback')"
    )
    [(amount,)] = session.execute(SUM)
    return Seen(release, amount)


@pytest.fixture(scope="module")
def released(run) -> str:
    """The first release; what its build printed."""
    result = run("build")
    assert result.success, result.output
    return result.output


@pytest.fixture
def before(released, session) -> Seen:
    """What readers see before the test."""
    return seen(session)


def test_a_build_publishes_views_with_the_descriptions_of_the_tables(released, session):
    assert (
        "release 1: readers see 2 models, 2 of them in another version, in rel_published"
        in released
    )
    shops = session.execute("select * from rel_published.dim_shops order by shop")
    assert shops == [("north",), ("south",)]
    described = session.execute("describe rel_published.fct_orders")
    assert described == session.execute("describe rel_gold.fct_orders")
    assert described[0] == ("order_id", "int", "Key of the order.")
    [(_, _, _, about)] = session.execute("show table extended in rel_published like 'fct_orders'")
    assert "Comment: One row per order.\n" in about


FAILURES = {
    "a test of another model": (
        {"orders": f"(1, {BAD})", "shops": "('north'), ('north')"},
        "unique_dim_shops_shop",
    ),
    "a test above the model": (
        {"orders": f"(1, {BAD}), (2, null)"},
        "not_null_int_orders_amount",
    ),
    "a constraint": ({"orders": f"(1, {BAD}), (2, 1001)"}, "fct_orders"),
    "a unit test": ({"orders": f"(1, {BAD})", "doubled": "42"}, "orders_are_kept"),
}


@pytest.mark.parametrize(("variables", "failed"), FAILURES.values(), ids=FAILURES)
def test_readers_never_see_a_row_of_a_build_that_failed(
    before, run, session, server, variables, failed
):
    answers, ended = set(), threading.Event()

    def read() -> None:
        with Session(server) as own:
            while not ended.is_set():
                answers.update(own.execute(SUM))
                # The build needs the server too.
                time.sleep(0.1)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        result = run("build", **variables)
    finally:
        ended.set()
        reader.join()
    assert not result.success
    why = f"readers see release {before.release}; this run published nothing: {failed} failed"
    assert why in result.output, result.output
    assert answers == {(before.amount,)}
    assert seen(session) == before


def test_a_retry_publishes_what_an_earlier_run_built(before, run, session):
    """The test of the shops fails for a reason outside of dbt, which is mended."""
    rows, amount = orders()
    assert not run("build", orders=rows, shops="('north'), ('north')").success
    session.execute("insert overwrite rel_gold.dim_shops select 'east'")
    result = run("retry")
    assert f"release {before.release + 1}: readers see 2 models, 2 of them" in result.output, (
        result.output
    )
    assert seen(session).amount == amount
    assert session.execute("select * from rel_published.dim_shops") == [("east",)]


def test_what_was_built_without_tests_is_published_when_all_of_its_tests_passed(
    before, run, session
):
    rows, amount = orders()
    assert run("run", orders=rows, shops="('west')").success
    assert seen(session) == before
    part = run("test", "--select", "dim_shops").output
    assert f"release {before.release + 1}: readers see 2 models, 1 of them" in part
    assert "fct_orders is not published: version" in part
    assert session.execute("select * from rel_published.dim_shops") == [("west",)]
    assert seen(session).amount == before.amount
    whole = run("test").output
    assert f"release {before.release + 2}: readers see 2 models, 1 of them" in whole
    assert seen(session).amount == amount


def test_a_warned_test_holds_nothing_back_and_a_full_refresh_publishes(before, run, session):
    result = run("build", "--full-refresh", orders="(1, 7), (2, 7)")
    assert "WARN=1" in result.output
    assert seen(session) == (before.release + 1, 14)


def test_an_empty_build_is_never_published_not_even_after_its_tests(before, run, session):
    assert "readers see" not in run("build", "--empty").output
    assert session.execute("select count(*) from rel_gold.fct_orders") == [(0,)]
    result = run("test").output
    assert "fct_orders is not published: it was built with --empty" in result
    assert f"readers see release {before.release}; nothing new to publish" in result
    assert seen(session) == before


def test_a_version_that_another_run_wrote_is_not_published_by_this_one(before, run, session):
    """The other run writes after the tests of this one."""
    other = f"insert into rel_gold.fct_orders values (3, {BAD})"
    result = run("build", orders=orders()[0], other=other)
    assert "readers see 2 models, 1 of them" in result.output, result.output
    assert session.execute(f"select count(*) from rel_gold.fct_orders where amount = {BAD}") == [
        (1,)
    ]
    assert seen(session) == (before.release + 1, before.amount)


def test_two_builds_at_once_publish_one_after_the_other(before, session, tmp_path):
    builds = []
    for shop in ("east", "west"):
        variables = json.dumps({"shops": f"('{shop}')"})
        command = ["dbt", "build", *where(tmp_path / shop), "--vars", variables]
        builds.append(subprocess.Popen([*command, "--select", "dim_shops"], cwd=PROJECT))
    # Of two writes of one table at once, Delta may refuse one: then its build fails.
    assert 0 in [build.wait() for build in builds]
    rows = session.execute("select release from rel_ops.releases where kind = 'build'")
    assert len(rows) == len(set(rows))
    # What readers see is what a release says, and not a mixture of two.
    [(version,)] = session.execute(f"""
select models['dim_shops'].version from rel_ops.releases
where release = {seen(session).release}""")
    shown = session.execute("select * from rel_published.dim_shops")
    assert shown == session.execute(f"select * from rel_gold.dim_shops version as of {version}")


def test_a_hold_stops_publishing_until_it_is_lifted(before, run, session):
    held = lakehouse("release", "hold", "--note", "the auditors are here")
    assert f"held: readers keep release {before.release}" in held.output
    rows, amount = orders()
    result = run("build", orders=rows)
    assert "holds it since" in result.output and "the auditors are here" in result.output
    assert seen(session) == before
    assert "held by" in lakehouse("release", "list").output
    assert lakehouse("release", "lift").exit_code == 0
    assert f"release {before.release + 1}: readers see 2 models, 2 of them" in run("test").output
    assert seen(session).amount == amount


def test_a_rollback_and_a_statement_as_of_a_release_are_exact(before, run, session):
    rows, amount = orders()
    assert run("build", "--select", "int_orders+", orders=f"{rows}, (3, 5)").success
    assert seen(session) == (before.release + 1, amount + 5)
    old = str(before.release)
    shown = lakehouse("sql", "--csv", "--release", old, SUM)
    assert shown.output.splitlines()[1:] == [str(before.amount)]

    diff = lakehouse("release", "diff", old, str(before.release + 1)).output
    # Model, rows added, removed and changed: order 3 is new, order 2 has another amount.
    [fact] = [line for line in diff.splitlines() if "fct_orders" in line]
    assert re.findall(r"\d+", fact) == ["1", "0", "1"], diff

    result = lakehouse("release", "rollback", old, "--note", "wrong prices")
    assert (
        f"release {before.release + 2}, of the versions of release {old}: readers see 2 models"
        in result.output
    )
    assert seen(session) == (before.release + 2, before.amount)
    listed = lakehouse("release", "list").output
    assert "rollback" in listed and "wrong prices" in listed
    assert "fct_orders" in lakehouse("release", "show", str(before.release + 2)).output


def test_releases_with_other_columns_can_be_compared_and_rolled_back(before, run, session):
    """All columns of the model get another type."""
    assert run("build", "--select", "dim_shops", shops="('1'), ('2'), ('3')").success
    old = seen(session).release
    result = run("build", "--select", "dim_shops", shops="('4')", shop_type="int")
    assert f"release {old + 1}: readers see 2 models, 1 of them" in result.output, result.output
    assert session.execute("select * from rel_published.dim_shops") == [(4,)]

    diff = lakehouse("release", "diff", str(old), str(old + 1)).output
    [dimension] = [line for line in diff.splitlines() if "dim_shops" in line]
    assert re.findall(r"\d+", dimension) == ["1", "3", "0"], diff
    assert "- shop string, + shop int" in dimension

    shops = "select * from rel_published.dim_shops order by shop"
    as_of = lakehouse("sql", "--csv", "--release", str(old), shops).output
    assert as_of.splitlines() == ["shop", "1", "2", "3"]
    lakehouse("release", "rollback", str(old))
    assert session.execute(shops) == [("1",), ("2",), ("3",)]
    assert session.execute("describe rel_published.dim_shops")[0][1] == "string"


def test_a_vacuum_since_the_last_release_leaves_it_and_removes_the_one_before(
    before, run, session, server, monkeypatch
):
    [(old,)] = session.execute(f"""
select models['fct_orders'].version from rel_ops.releases where release = {before.release}""")
    rows, amount = orders()
    assert run("build", orders=rows).success
    since = latest(history(session)).at
    hours = (utc_now() - since).total_seconds() / 3600
    with Session(server) as own:
        own.execute("set spark.databricks.delta.retentionDurationCheck.enabled = false")
        own.execute(f"vacuum rel_gold.fct_orders retain {hours:.6f} hours")
    assert seen(session) == (before.release + 1, amount)
    with pytest.raises(SqlError, match="does not exist|FILE_NOT_EXIST"):
        session.execute(f"select sum(amount) from rel_gold.fct_orders version as of {old}")
    monkeypatch.setattr("releases.publish.retention_days", lambda: 0)
    result = lakehouse("sql", "--release", str(before.release), SUM)
    assert f"error: release {before.release} has expired: readers last saw it" in result.output


def test_a_release_that_is_gone_or_never_was_is_refused_with_the_reason(before):
    newest = before.release
    result = lakehouse("release", "rollback", "999")
    assert result.exit_code == 1
    assert "error: there is no release 999\n" in result.output
    assert f"try: use a number from 1 to {newest}\n" in result.output
    result = lakehouse("sql", "--release", str(newest), "select * from rel_published.fct_sales")
    assert f"release {newest} has no model fct_sales" in result.output
    result = lakehouse("sql", "--release", str(newest), "select 1")
    assert "the statement reads nothing in rel_published" in result.output


def test_of_releases_with_the_same_number_one_is_written(server, session, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_SCHEMA_PREFIX", "race_")
    create(session)
    start = threading.Barrier(4)

    def write(number: int) -> bool:
        with Session(server) as own:
            start.wait()
            return add(own, Release(number, "build", {}))

    for number in (1, 2):
        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(write, [number] * 4)) == [False, False, False, True]
    assert [each.number for each in history(session)] == [1, 2]
    # A hold names what readers see.
    assert not add(session, Release(1, "hold", {}))
    assert add(session, Release(2, "hold", {}))


KILL = """
import os, signal
from releases import views
move = views.statement
def killed(name, model):
    if name == "fct_orders":
        os.kill(int(os.environ["VICTIM"]) or os.getpid(), signal.SIGKILL)
    return move(name, model)
views.statement = killed
from dbt.cli.main import cli
cli()
"""


@pytest.mark.parametrize("victim", ["dbt", "server"])
def test_a_release_is_completed_after_a_kill_between_its_row_and_its_views(
    victim, before, run, mortal_server, target
):
    rows, amount = orders()
    command = [sys.executable, "-c", KILL, "build", *where(target)]
    process = process_of(mortal_server).pid if victim == "server" else 0
    killed = subprocess.run(
        [*command, "--vars", json.dumps({"orders": rows})],
        cwd=PROJECT,
        env={**os.environ, "VICTIM": str(process)},
    )
    assert killed.returncode == (2 if process else -signal.SIGKILL)
    if process:
        restart_server(mortal_server)
    with Session(mortal_server) as session:
        assert seen(session) == (before.release + 1, before.amount)
        run("test", "--select", "dim_shops")
        assert seen(session) == (before.release + 1, amount)


def test_a_model_that_is_no_longer_public_disappears_from_published(before, run, session):
    result = run("test", "--select", "int_orders", private="dim_shops")
    assert f"release {before.release + 1}: readers see 1 model" in result.output, result.output
    with pytest.raises(SqlError, match="dim_shops"):
        session.execute("select * from rel_published.dim_shops")
