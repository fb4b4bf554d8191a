from loaders.contract import Rules
from loaders.ledger import Batch, Outcome


def batch(*outcomes: Outcome) -> Batch:
    return Batch("l1", 7, outcomes)


A, B = Outcome("a.csv", 10, 1000, ""), Outcome("b.csv", 20, 2000, "", replaces=True)


def test_a_batch_is_parsed_from_the_text_of_its_commit():
    sent = batch(A, B.rejected("it's broken", 5, 5))
    assert Batch.parse(sent.text()) == sent


def test_the_text_of_another_commit_has_no_batch():
    assert [Batch.parse(text) for text in (None, "", "nightly", "[1]", '{"a": 1}', "7")] == [
        None
    ] * 6


def test_a_file_with_too_many_rejects_is_rejected():
    judged = batch(A, B).with_staged_counts(
        {"a.csv": (4, 2), "b.csv": (4, 1)}, Rules(max_reject_ratio=0.25)
    )
    held, kept = judged.outcomes
    assert (held.state, held.rows_read, held.rows_loaded, held.rows_rejected) == (
        "rejected",
        4,
        0,
        2,
    )
    assert (
        held.reason
        == "2 of 4 rows violate the contract (50.0%), more than max_reject_ratio (25.0%)"
    )
    assert (kept.state, kept.rows_read, kept.rows_loaded, kept.rows_rejected) == ("loaded", 4, 3, 1)


def test_staged_rows_are_not_counted_again():
    counted = (
        batch(A, B)
        .with_staged_counts({"a.csv": (3, 1)}, Rules(max_reject_ratio=1))
        .with_committed_counts({"a.csv": 99, "b.csv": 99})
    )
    assert [outcome.rows_loaded for outcome in counted.outcomes] == [2, 0]
    assert [
        outcome.rows_loaded
        for outcome in batch(A, B.rejected("no"))
        .with_committed_counts({"a.csv": 99, "b.csv": 99})
        .outcomes
    ] == [
        99,
        0,
    ]


def test_a_file_without_rows_is_rejected_only_in_mode_full():
    assert [
        batch(A).with_staged_counts({}, rules).outcomes[0].state
        for rules in (Rules(), Rules("full"))
    ] == [
        "loaded",
        "rejected",
    ]
    assert (
        batch(A).with_staged_counts({}, Rules("full", allow_empty=True)).outcomes[0].state
        == "loaded"
    )
