"""What is due, and what a vacuum keeps, from manifests and histories that are written here."""

from datetime import datetime, timedelta

import pytest

from lakehouse.errors import LakehouseError, WrongUsage
from ops.maintenance.rules import (
    MARGIN,
    Kept,
    Need,
    Policy,
    Table,
    chosen,
    commits_to_optimize,
    keep,
    readers,
    removable,
    tables,
)

NOON = datetime(2026, 11, 27, 12)
WEEK = timedelta(days=7)
DAY = 86_400_000
PLAIN = Policy(20, 7)
APPEND = '{"mode":"Append","partitionBy":"[]"}'
OVERWRITE = '{"mode":"Overwrite","partitionBy":"[]"}'
REPLACE = '{"mode":"Overwrite","partitionBy":"[]","predicate":"(a = 1)"}'


def history(*operations):
    """The newest first, of (days ago, operation, parameters), the oldest first as version 0."""
    return [
        {
            "version": version,
            "timestamp": NOON - timedelta(days=days),
            "operation": operation,
            "operationParameters": parameters[0] if parameters else APPEND,
        }
        for version, (days, operation, *parameters) in enumerate(operations)
    ][::-1]


def vacuum(days, kept):
    parameters = f'{{"retentionCheckEnabled":"true","defaultRetentionMillis":"{kept * DAY}"}}'
    return (days, "VACUUM START", parameters), (days, "VACUUM END", "{}")


def node(name, maintenance=None, **more):
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": "gold",
        "config": {"file_format": "delta", "meta": {"maintenance": maintenance}},
        **more,
    }


def of(*nodes, sources=()):
    return {
        "nodes": {each["name"]: each for each in nodes},
        "sources": {each["name"]: each for each in sources},
    }


GIVEN = {"optimize_after_commits": 5, "vacuum_after_days": None, "zorder_by": "customer_id"}
SALES = {
    "resource_type": "source",
    "source_name": "pos",
    "name": "sales",
    "schema": "bronze",
    "identifier": "pos_sales",
    "config": {"meta": {"owner": "Sales", "maintenance": GIVEN}},
}


def test_tables_are_models_and_sources_with_a_policy():
    view = node("stg", GIVEN, config={"materialized": "view", "meta": {"maintenance": GIVEN}})
    policy = Policy(5, None, ("customer_id",))
    found = tables(of(node("fct", GIVEN), node("dim"), view, sources=[SALES]))
    assert found == [
        Table("bronze.pos_sales", "pos.sales", policy),
        Table("gold.fct", "fct", policy),
    ]


def test_with_a_prefix_the_shared_tables_are_left_to_others():
    own = node("fct", GIVEN, schema="dev_gold")
    assert [each.name for each in tables(of(own, sources=[SALES]), "dev_")] == ["fct"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({**GIVEN, "vacuum": 1}, "gold.fct has vacuum"),
        ({"zorder_by": "a"}, "gold.fct lacks optimize_after_commits, vacuum_after_days"),
        ({**GIVEN, "vacuum_after_days": -1}, "vacuum_after_days is -1"),
        ({**GIVEN, "optimize_after_commits": "often"}, "optimize_after_commits is 'often'"),
    ],
)
def test_a_policy_that_is_not_valid_is_refused(given, message):
    with pytest.raises(LakehouseError, match=message):
        tables(of(node("fct", given)))


def test_readers_are_the_models_of_change_feed():
    assert readers(of(node("a", config={"materialized": "change_feed"}), node("b"))) == ["gold.a"]


def test_tables_are_chosen_by_relation_name_or_schema():
    every = tables(of(node("fct_sales", GIVEN), node("dim_malls", GIVEN), sources=[SALES]))
    names = {
        name: [each.name for each in chosen(every, [name])]
        for name in ("FCT_SALES", "gold.dim_malls", "pos.sales", "gold")
    }
    assert names == {
        "FCT_SALES": ["fct_sales"],
        "gold.dim_malls": ["dim_malls"],
        "pos.sales": ["pos.sales"],
        "gold": ["dim_malls", "fct_sales"],
    }
    assert chosen(every, []) == every
    with pytest.raises(WrongUsage, match="called fct_sale") as caught:
        chosen(every, ["fct_sale", "gold"])
    assert "fct_sales" in caught.value.remedy


@pytest.mark.parametrize(
    ("commits", "plain", "ordered"),
    [
        (history((1, "CREATE TABLE")), 0, 0),
        (history((3, "WRITE"), (2, "MERGE"), (1, "SET TBLPROPERTIES"), (0, "DELETE")), 3, 3),
        (history((3, "WRITE"), (2, "OPTIMIZE"), *vacuum(2, 7), (1, "WRITE")), 1, 1),
        (history((3, "WRITE"), (2, "WRITE", OVERWRITE), (1, "WRITE")), 1, 3),
        (history((3, "WRITE"), (2, "WRITE", REPLACE), (1, "WRITE")), 3, 3),
    ],
)
def test_commits_count_since_the_table_was_laid_out(commits, plain, ordered):
    assert commits_to_optimize(commits, PLAIN) == plain
    assert commits_to_optimize(commits, Policy(20, 7, ("a",))) == ordered


COMMITS = history((40, "WRITE"), (30, "OPTIMIZE"), (20, "MERGE"), (10, "WRITE"), (1, "WRITE"))
PROMISED = Kept(NOON - WEEK)


@pytest.mark.parametrize(
    ("needs", "kept"),
    [
        ([], PROMISED),
        # It reads version 2, whose files version 3 removed 10 days ago.
        ([Need("release 4", 2)], Kept(NOON - timedelta(days=10) - MARGIN, "release 4")),
        ([Need("release 4", 0)], Kept(NOON - timedelta(days=30) - MARGIN, "release 4")),
        # The change feed has nothing of the OPTIMIZE.
        ([Need("gold.a", 0, True)], Kept(NOON - timedelta(days=20) - MARGIN, "gold.a")),
        # The oldest need counts.
        (
            [Need("release 4", 3), Need("gold.a", 2, True), Need("gold.b", 4, True)],
            Kept(NOON - timedelta(days=10) - MARGIN, "gold.a"),
        ),
        # Nothing came after it, or only lately: the promise of time travel is longer.
        ([Need("release 4", 4)], PROMISED),
        ([Need("release 4", 3)], PROMISED),
    ],
)
def test_a_vacuum_keeps_what_readers_need(needs, kept):
    assert keep(COMMITS, WEEK, needs, NOON) == kept


def test_a_version_older_than_the_history_needs_nothing():
    assert keep(COMMITS[:3], WEEK, [Need("release 1", 0)], NOON) == PROMISED
    # The commit after version 1 is known.
    assert keep(COMMITS[:3], WEEK, [Need("release 1", 1)], NOON).by == "release 1"


@pytest.mark.parametrize(
    ("commits", "count"),
    [
        (history((3, "WRITE"), (2, "MERGE")), 0),
        (history((9, "WRITE"), (8, "MERGE"), (2, "WRITE")), 2),
        # The vacuum of 8 days ago kept a week: it removed what is older than 15 days.
        (history((20, "WRITE"), (10, "MERGE"), *vacuum(8, 7)), 1),
        (history((20, "WRITE"), (18, "OPTIMIZE"), *vacuum(8, 7)), 0),
        (history((20, "WRITE"), (18, "SET TBLPROPERTIES"), (9, "OPTIMIZE"), *vacuum(8, 7)), 1),
    ],
)
def test_a_vacuum_is_for_what_the_last_one_kept(commits, count):
    assert removable(commits, PROMISED) == count
