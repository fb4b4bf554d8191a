"""The rules of publishing, by hand-made graphs, results and rows."""

from datetime import datetime, timedelta

import pytest

from history.results import Outcome
from releases.compare import published_names
from releases.retention import expired, needed
from releases.rules import Head, held_back, marts
from releases.tables import Model, Release, hold, latest

NOON = datetime(2026, 11, 27, 12)


def node(kind, *parents, **more):
    return {
        "resource_type": kind,
        "depends_on": {"nodes": parents},
        "config": {"materialized": "table", "severity": "ERROR"},
        "schema": "gold",
        "access": "public",
        **more,
    }


def unique(column, model):
    return node(
        "test",
        model,
        column_name=column,
        attached_node=model,
        test_metadata={"name": "unique", "kwargs": {"column_name": column}},
    )


GRAPH = {
    "model.p.int": node("model", alias="int", schema="silver", access="protected"),
    "model.p.fct": node("model", "model.p.int", alias="Fct", description="One\nrow."),
    "model.p.view": node("model", alias="view", config={"materialized": "view"}),
    "test.p.on_int": node("test", "model.p.int"),
    "test.p.on_fct": unique("id", "model.p.fct"),
    "test.p.warns": node("test", "model.p.fct", config={"severity": "warn"}),
}
[FCT] = marts(GRAPH, "gold")
HEAD = Head(7, NOON, "run", empty=False)
PASSED = {"test.p.on_fct": Outcome(True, {"fct": 7})}


def test_a_mart_is_a_public_table_with_the_tests_that_guard_it():
    assert (FCT.name, FCT.description, FCT.key) == ("fct", "One row.", ("id",))
    assert FCT.tests == {"test.p.on_fct"}
    assert FCT.upstream == {"test.p.on_int"}


@pytest.mark.parametrize(
    ("head", "last", "reason"),
    [
        (HEAD, PASSED, ""),
        (HEAD, PASSED | {"test.p.on_int": Outcome(True, {})}, ""),
        (HEAD, {}, "version 7 has not passed on_fct"),
        (
            HEAD,
            {"test.p.on_fct": Outcome(True, {"fct": 6})},
            "version 7 has not passed on_fct",
        ),
        (HEAD, {"test.p.on_fct": Outcome(True, {})}, "version 7 has not passed on_fct"),
        (
            HEAD,
            {"test.p.on_fct": Outcome(False, {"fct": 7})},
            "version 7 has not passed on_fct",
        ),
        (
            HEAD,
            PASSED | {"test.p.on_int": Outcome(False, {})},
            "a model above it has not passed on_int",
        ),
        (Head(7, NOON, "run", empty=True), PASSED, "it was built with --empty"),
    ],
)
def test_a_version_is_published_only_when_all_of_its_tests_passed_it(head, last, reason):
    assert held_back(FCT, head, last) == reason


def test_a_version_that_another_run_wrote_meanwhile_was_not_tested():
    later = NOON - timedelta(minutes=1)
    assert HEAD.is_stable_since(later, "run")
    assert not HEAD.is_stable_since(later, "other")
    assert HEAD.is_stable_since(NOON + timedelta(minutes=1), "other")


def row(number, kind="build", days=0, **versions):
    models = {name: Model(version) for name, version in versions.items()}
    return Release(number, kind, models, at=NOON - timedelta(days=days))


def test_holds_and_lifts_are_no_releases():
    rows = [row(1), row(2), row(2, "hold"), row(3, "rollback")]
    assert latest(rows).number == 3
    assert hold(rows) == rows[2]
    assert hold([*rows, row(3, "lift")]) is None
    assert latest([]).number == 0


def test_a_release_expires_some_days_after_the_next_one():
    rows = [row(1, days=90, a=1), row(2, days=40, a=2), row(3, days=10, a=3), row(4, days=2, a=4)]
    assert expired(rows, 30, NOON) == {1}
    assert expired(rows, 5, NOON) == {1, 2}
    assert expired(rows[:1], 5, NOON) == set()


def test_a_version_is_needed_by_the_newest_release_that_shows_it():
    rows = [row(1, days=90, a=1, b=1), row(2, days=40, a=2, b=1), row(3, days=1, a=3, b=2)]
    # Release 1 has expired; release 2 has not, and shows version 1 of b, too.
    assert needed(rows, 30, NOON) == {("a", 2): 2, ("b", 1): 2, ("a", 3): 3, ("b", 2): 3}
    assert needed(rows, 100, NOON)["a", 1] == 1
    assert needed([], 30, NOON) == {}


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("select published.fct.x from published.fct join Published . `dim`", ["fct", "fct", "dim"]),
        ("select 'published.a', \"published.b\" -- published.c\n/* published.d */", []),
        ("select `it's` from published.fct where x = 'it''s'", ["fct"]),
        ("select x.published.y, my_published.z", []),
    ],
)
def test_names_in_published_are_found_outside_literals_and_comments(statement, names):
    found = list(published_names(statement))
    assert [name for name, _, _ in found] == names
    assert all("published" in statement[start:end].lower() for _, start, end in found)
