import pytest

from loaders.ledger import Entry, plan, plan_newest
from loaders.listing import LandedFile, Part


def file(name="a.csv", size=7, modified=1000, etag="") -> LandedFile:
    return LandedFile(name, (Part(f"/{name}", f"file:/{name}", size, modified, etag),))


def entry(name="a.csv", **changes) -> Entry:
    facts = {
        "source_file": name,
        "state": "loaded",
        "load_id": "b1",
        "replaces": None,
        "size": 7,
        "modified": 1000,
        "checksum": "same",
        "rows_rejected": 0,
        "attempt": 1,
    }
    return Entry(**{**facts, **changes})


def always(entry) -> bool:
    return True


def planned(files, entries, checksum="same", again=lambda entry: False):
    """The plan as names: claims with what they replace, touched, missing."""
    known = {one.source_file: one for one in entries}
    found = plan(files, [one.name for one in files], known, lambda file: checksum, again)
    return {
        kind: shown
        for kind, shown in {
            "claims": {claim.file.name: claim.replaces for claim in found.claims},
            "touched": [claim.file.name for claim in found.touched],
            "missing": list(found.missing),
        }.items()
        if shown
    }


def test_an_unknown_file_is_new():
    assert planned([file()], []) == {"claims": {"a.csv": None}}


def test_a_loaded_file_is_left_alone():
    assert planned([file()], [entry()]) == {}


def test_a_file_with_other_content_replaces_its_own_rows():
    assert planned([file(modified=2000)], [entry()], "other") == {"claims": {"a.csv": "a.csv"}}


def test_a_file_with_the_same_content_is_only_touched():
    assert planned([file(modified=2000)], [entry()]) == {"touched": ["a.csv"]}


def test_an_object_with_another_etag_is_another_at_the_same_size_and_time():
    loaded = entry(checksum=file(etag="1").mark)
    assert planned([file(etag="1")], [loaded]) == {}
    assert planned([file(etag="2")], [loaded], file(etag="2").mark) == {"claims": {"a.csv": "a.csv"}}


def test_a_file_in_an_open_batch_belongs_to_it():
    assert planned([file(modified=2000)], [entry(state="claimed")], "other") == {}
    assert planned([file(modified=2000)], [entry(state="claimed")], "other", always) == {}


@pytest.mark.parametrize("state", ["changed", "gone", "superseded"])
def test_a_file_that_was_not_read_as_claimed_is_planned_anew(state):
    assert planned([file()], [entry(state=state)]) == {"claims": {"a.csv": "a.csv"}}


def test_a_rejected_file_waits_for_its_correction():
    assert planned([file()], [entry(state="rejected")]) == {}
    assert planned([file(modified=2000)], [entry(state="rejected")], "other") == {"claims": {"a.csv": "a.csv"}}


def test_a_known_file_is_read_again_on_request():
    assert planned([file()], [entry()], again=always) == {"claims": {"a.csv": "a.csv"}}


def test_a_loaded_file_that_is_gone_is_reported():
    assert planned([], [entry()]) == {"missing": ["a.csv"]}


def test_the_same_content_under_a_new_name_takes_over_the_rows_of_the_old():
    assert planned([file("b.csv")], [entry()]) == {"claims": {"b.csv": "a.csv"}}


def test_of_two_new_copies_of_a_file_that_is_gone_one_is_the_rename():
    assert planned([file("b.csv"), file("c.csv")], [entry()]) == {"claims": {"b.csv": "a.csv", "c.csv": None}}


def test_two_present_files_with_equal_content_are_two_files():
    assert planned([file(), file("b.csv")], [entry()]) == {"claims": {"b.csv": None}}


def test_a_renamed_file_that_comes_back_is_new():
    assert planned([file(), file("b.csv")], [entry(state="renamed"), entry("b.csv")]) == {"claims": {"a.csv": None}}


def test_a_file_that_vanishes_while_it_is_planned_is_left_out():
    def vanished(file):
        raise FileNotFoundError(file.name)

    assert plan([file()], ["a.csv"], {}, vanished).claims == ()


def newest(files, entries, checksum="same", again=lambda entry: False) -> list[str]:
    known = {one.source_file: one for one in entries}
    return [claim.file.name for claim in plan_newest(files, known, lambda file: checksum, again).claims]


def test_of_a_full_table_only_the_newest_file_counts():
    assert newest([file("1"), file("2", modified=2000)], []) == ["2"]


def test_a_full_table_is_left_alone_while_its_newest_file_holds_the_same():
    assert newest([file("1"), file("2", modified=2000)], [entry("1")]) == []
    assert newest([file("1"), file("2", modified=2000)], [entry("1")], "other") == ["2"]


def test_an_older_file_does_not_replace_a_full_table_whose_file_is_gone():
    assert newest([file("1")], [entry("2", modified=2000)], "other") == []


def test_a_full_table_waits_for_its_open_batch():
    assert newest([file("2", modified=2000)], [entry("1", state="claimed")], "other") == []
