"""The expected states and the comparison with them, without a server."""

from collections import Counter

from tests.chaos.datasets import NEWEST, PLAIN
from tests.chaos.deliveries import Delivery
from tests.chaos.oracle.comparison import differences
from tests.chaos.oracle.state import FileState, PossibleStates, load_file, load_table
from tests.chaos.oracle.tables import Stored

FIRST, SECOND = Delivery(b"id\n1\n", 1), Delivery(b"id\n2\n", 2)
WITHOUT_ID = Delivery(b"note\nx\n", 3)


def test_a_rejected_correction_leaves_the_rows():
    state = load_file(PLAIN, "a", FileState(), FIRST)
    assert state == FileState(FIRST, FIRST, "loaded")
    assert load_file(PLAIN, "a", state, WITHOUT_ID) == FileState(FIRST, WITHOUT_ID, "rejected")
    assert load_file(PLAIN, "a", state, SECOND) == FileState(SECOND, SECOND, "loaded")


def test_the_newest_file_replaces_a_full_table():
    old, new, empty = Delivery(b"1||||||x\n", 1), Delivery(b"2||||||x\n", 2), Delivery(b"", 3)
    table = load_table(NEWEST, (), {"a": old})
    table = load_table(NEWEST, table, {"a": old, "b": new})
    assert dict(table) == {
        "a": FileState(None, old, "superseded"),
        "b": FileState(new, new, "loaded"),
    }
    assert dict(load_table(NEWEST, table, {"a": old})) == {
        "a": FileState(old, old, "loaded"),
        "b": FileState(None, new, "superseded"),
    }
    assert dict(load_table(NEWEST, table, {"b": new, "c": empty})) == dict(table) | {
        "c": FileState(None, empty, "rejected")
    }


def stored(delivery: Delivery, identifier: int) -> Stored:
    """A loaded file of one row with this id."""
    row = (delivery.modified, identifier, *[None] * len(PLAIN.fields))
    size = len(delivery.content)
    return Stored(rows=Counter([row]), entry=("loaded", delivery.modified, size, 1, 1, 0))


def test_a_comparison_keeps_only_the_states_that_match():
    possible = PossibleStates()
    possible.add_interrupted_load(PLAIN, {"a": FIRST}, changing=False)
    possible.add_interrupted_load(PLAIN, {"a": SECOND}, changing=False)
    assert len(possible.files["plain"]["a"]) == 3
    assert differences(PLAIN, possible, {"a": stored(SECOND, 2)}) == []
    assert possible.files["plain"]["a"] == {FileState(SECOND, SECOND, "loaded")}


def test_a_comparison_names_rows_that_differ():
    possible = PossibleStates()
    possible.add_complete_load(PLAIN, {"a": FIRST})
    twice = stored(FIRST, 1)
    twice.rows.update(twice.rows)
    for tables, difference in (
        ({}, "the ledger has None"),
        ({"a": twice}, "1 extra"),
        ({"a": stored(FIRST, 9)}, "1 extra"),
        ({"a": stored(FIRST, 1), "b": stored(SECOND, 2)}, "expected no entry"),
    ):
        [sentence] = differences(PLAIN, possible, tables)
        assert difference in sentence
