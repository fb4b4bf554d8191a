"""The end of a dbt run, and the commands that move, hold and compare releases."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from typing import Any

from history.results import (
    GOOD,
    Outcome,
    Run,
    invocation_of,
    is_table,
    node_rows,
    run_row,
    scored,
)
from history.tables import count_rows, last_outcomes, record
from lakehouse.delta import last_commit
from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT
from lakehouse.sql import identifier
from lakehouse.thrift import Session, SqlError
from releases import tables, views
from releases.retention import expired, retention_days
from releases.rules import Head, Mart, held_back, is_guard, marts, names
from releases.tables import Model, Release

# Commands of dbt after which a release is written. `dbt run` has no tests.
TESTING = ("build", "test")
# Times that a row is derived anew because another one was written in between.
ATTEMPTS = 5


def project_commit() -> str:
    """The git commit of the project, with -dirty if files differ; empty without git."""
    try:
        shown = subprocess.run(
            ["git", "-C", str(PROJECT), "describe", "--always", "--dirty", "--exclude=*"],
            capture_output=True,
            text=True,
        )
    except OSError:
        return ""
    return shown.stdout.strip()


def utc_now() -> datetime:
    """The time, as Spark's sessions have it: UTC without a time zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


Commits = Callable[[str], Mapping[str, Any]]


def commits(session: Session) -> Commits:
    """A function of the last commit of a relation, asked for once; empty without a Delta table."""

    @cache
    def commit(relation: str) -> Mapping[str, Any]:
        try:
            return last_commit(session, relation)
        except SqlError:
            return {}

    return commit


def head(commit: Mapping[str, Any]) -> Head | None:
    """The newest version of a table, of its last commit; None without a commit."""
    if not commit:
        return None
    about = invocation_of(commit)
    committed = commit["timestamp"].replace(tzinfo=timezone.utc)
    return Head(commit["version"], committed, about.get("invocation", ""), bool(about.get("empty")))


def end_run(session: Session, run: Run, nodes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Record a run, and publish what passed; returns lines for its output.

    A run with a failure moves no view. Raises LakehouseError if the server does not answer.
    """
    known = marts(nodes, views.gold())
    commit = commits(session)
    # What a run without rows has tested says nothing of a version.
    publishes = run.command in TESTING and not run.empty
    heads = _heads(commit, known, run) if publishes else {}
    outcomes = _outcomes(nodes, known, heads, run) if publishes else {}
    built = {
        id: commit(identifier(nodes[id]["schema"], nodes[id]["alias"]))
        for id, state in run.states.items()
        if state == "success" and id in nodes and is_table(nodes[id])
    }
    ended = utc_now()
    counts = count_rows(session, scored(run, nodes))
    record(session, run_row(run, ended), node_rows(run, nodes, outcomes, built, counts, ended))
    return _publish(session, run, known, heads) if publishes else []


def _publish(session: Session, run: Run, known: list[Mart], heads: dict[str, Head]) -> list[str]:
    rows = tables.history(session, newest=100)
    seen = tables.latest(rows)
    written = None
    if run.failed:
        lines = [f"{_seen(seen)}; this run published nothing: {names(run.failed)} failed"]
    elif held := tables.hold(rows):
        why = f": {held.note}" if held.note else ""
        lines = [f"{_seen(seen)}; {held.by} holds it since {held.at:%Y-%m-%d %H:%M} UTC{why}"]
    else:
        written, lines = _release_passed(session, seen, known, heads, run)
    # Without a new release it completes that of a run that was killed.
    views.move(session, (written or seen).models)
    return lines


def _heads(commit: Commits, known: list[Mart], run: Run) -> dict[str, Head]:
    """The newest versions of all marts: a retry tests only some of what an earlier run built.

    Without those that another program wrote meanwhile: a test may have read either version.
    """
    found = ((mart.name, head(commit(identifier(views.gold(), mart.name)))) for mart in known)
    return {
        name: each
        for name, each in found
        if each and each.is_stable_since(run.started, run.invocation)
    }


def _outcomes(
    nodes: Mapping[str, Mapping[str, Any]], known: list[Mart], heads: dict[str, Head], run: Run
) -> dict[str, Outcome]:
    """The tests that a run completed, with the versions of the marts that each one read."""
    return {
        id: Outcome(
            state in GOOD,
            {m.name: heads[m.name].version for m in known if id in m.tests and m.name in heads},
        )
        for id, state in run.states.items()
        if state != "skipped" and id in nodes and is_guard(nodes[id])
    }


def _release_passed(
    session: Session, seen: Release, known: list[Mart], heads: Mapping[str, Head], run: Run
) -> tuple[Release | None, list[str]]:
    """Write the release of the versions that passed; None if readers would see the same.

    Also returns the lines of what was published, and of what was not.
    """
    last = last_outcomes(session)
    tested = {mart.name: mart for mart in known if mart.name in heads}
    reasons = {name: held_back(mart, heads[name], last) for name, mart in tested.items()}
    lines = [f"{name} is not published: {why}" for name, why in reasons.items() if why]
    passed = [mart for name, mart in tested.items() if not reasons[name]]
    new = {
        mart.name: Model(heads[mart.name].version, mart.key, mart.description) for mart in passed
    }
    tests = len({test for mart in passed for test in mart.tests})
    public = {mart.name for mart in known}

    def derive(before: Release) -> Release | None:
        kept = {name: model for name, model in before.models.items() if name in public}
        models = {**kept, **new}
        changed = _moved(before.models, models)
        if not changed:
            return None
        return Release(
            before.number + 1,
            "build",
            models,
            changed,
            tests,
            run.invocation,
            run.git_commit,
            run.by,
        )

    written = _release(session, seen, derive)
    if not written:
        return None, [*lines, f"{_seen(seen)}; nothing new to publish"]
    sentence = f"release {written.number}: {moved(written)}, in {views.published()}"
    return written, [*lines, sentence]


def _moved(before: Mapping[str, Model], after: Mapping[str, Model]) -> tuple[str, ...]:
    versions = {name: model.version for name, model in before.items()}
    new = {name: model.version for name, model in after.items()}
    return tuple(sorted(n for n in versions.keys() | new if versions.get(n) != new.get(n)))


def _release(
    session: Session, seen: Release, derive: Callable[[Release], Release | None]
) -> Release | None:
    """Write the row that `derive` makes of the latest release, which was `seen` a moment ago.

    Returns None if there is none to write. Raises LakehouseError if others write all the time.
    """
    for _ in range(ATTEMPTS):
        derived = derive(seen)
        if derived is None or tables.add(session, derived):
            return derived
        seen = tables.latest(tables.history(session, newest=100))
    raise LakehouseError("other runs write releases all the time", "try again once they ended")


def moved(release: Release) -> str:
    """How many models a release has, and how many of them readers see in another version."""
    new = len(release.moved)
    return f"readers see {len(release.models)} models, {new} of them in another version"


def _seen(release: Release) -> str:
    return f"readers see release {release.number}" if release.number else "readers see no release"


def rollback(session: Session, number: int, by: str, invocation: str, note: str) -> Release:
    """Show readers an earlier release again, as a new one. Raises LakehouseError."""
    rows = tables.history(session)
    old = find(rows, number)
    check_kept(session, rows, old)

    def derive(before: Release) -> Release:
        return replace(
            old,
            number=before.number + 1,
            kind="rollback",
            moved=_moved(before.models, old.models),
            invocation=invocation,
            by=by,
            note=note or f"back to release {number}",
        )

    written = _release(session, tables.latest(rows), derive)
    assert written
    views.move(session, written.models)
    return written


def find(rows: list[Release], number: int) -> Release:
    """A release by its number. Raises LakehouseError if there is none."""
    found = [each for each in rows if each.number == number and each.kind in tables.MOVES]
    if found:
        return found[0]
    newest = tables.latest(rows).number
    raise LakehouseError(
        f"there is no release {number}",
        f"use a number from 1 to {newest}" if newest else "run: dbt build",
    )


def check_kept(session: Session, rows: list[Release], release: Release) -> None:
    """Raise LakehouseError if a release has expired, or a version of it is gone."""
    if reason := _gone(session, rows, release):
        raise LakehouseError(
            f"release {release.number} has expired: {reason}",
            "use a newer one; release_retention_days in dbt_project.yml says how long they last",
        )


def _gone(session: Session, rows: list[Release], release: Release) -> str:
    """Why a release cannot be read any more; empty if it can."""
    days = retention_days()
    if release.number in expired(rows, days, utc_now()):
        return f"readers last saw it more than {days} days ago"
    for name, model in sorted(release.models.items()):
        try:
            session.execute(f"select * from {views.version_of(name, model.version)} limit 0")
        except SqlError as error:
            return error.sentence
    return ""


def set_hold(session: Session, kind: str, by: str, invocation: str, note: str) -> Release:
    """Stop publishing (`kind` hold), or start it again (`lift`); returns what readers see.

    Raises LakehouseError if others write releases all the time.
    """

    def derive(seen: Release) -> Release:
        return replace(seen, kind=kind, moved=(), tests=0, invocation=invocation, by=by, note=note)

    written = _release(session, tables.latest(tables.history(session, newest=100)), derive)
    assert written
    return written
