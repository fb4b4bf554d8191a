import pytest

from loaders.contract import Rules
from loaders.ledger import Entry
from loaders.listing import Delivery, Part
from loaders.plan import PlannedFile, batches, notes, plan, plan_newest

NOW = 1_000_000


def file(name="a.csv", size=7, modified=1000, etag="") -> Delivery:
    return Delivery(name, (Part(f"/{name}", f"file:/{name}", size, modified, etag),))


def entry(name="a.csv", **changes) -> Entry:
    facts = {
        "source_file": name,
        "state": "loaded",
        "load_id": "b1",
        "size": 7,
        "modified": 1000,
        "etag": "",
        "rows_rejected": 0,
        "closed": 5000,
        "batch": 1,
    }
    return Entry(**{**facts, **changes})


def always(entry) -> bool:
    return True


def planned(files, entries, reread=lambda entry: False) -> dict[str, bool]:
    """The planned files by name, and whether they replace rows."""
    known = {one.source_file: one for one in entries}
    found = plan(files, [one.name for one in files], known, reread)
    return {one.file.name: one.replaces for one in found.files}


def test_an_unknown_file_is_new():
    assert planned([file()], []) == {"a.csv": False}


def test_a_loaded_file_is_not_planned_again():
    assert planned([file()], [entry()]) == {}


@pytest.mark.parametrize("changed", [{"size": 8}, {"modified": 999}, {"modified": 1001}])
def test_a_file_with_another_size_or_time_is_a_correction(changed):
    assert planned([file(**changed)], [entry()]) == {"a.csv": True}


def test_an_object_with_another_etag_is_a_correction():
    loaded = entry(etag=file(etag="1").etag)
    assert planned([file(etag="1")], [loaded]) == {}
    assert planned([file(etag="2")], [loaded]) == {"a.csv": True}


@pytest.mark.parametrize("state", ["changed", "superseded"])
def test_a_changed_or_superseded_file_is_planned(state):
    assert planned([file()], [entry(state=state)]) == {"a.csv": True}


def test_a_rejected_file_is_planned_only_after_a_correction():
    assert planned([file()], [entry(state="rejected")]) == {}
    assert planned([file(modified=2000)], [entry(state="rejected")]) == {"a.csv": True}


def test_a_known_file_is_read_again_on_request():
    assert planned([file()], [entry()], reread=always) == {"a.csv": True}


def test_a_loaded_file_that_was_removed_is_missing():
    assert plan([], [], {"a.csv": entry()}).missing == ("a.csv",)


def test_an_incomplete_file_is_not_missing():
    assert plan([], ["a.csv"], {"a.csv": entry()}).missing == ()


def test_another_name_is_another_delivery():
    assert planned([file("b.csv")], [entry()]) == {"b.csv": False}


def newest(files, entries, reread=lambda entry: False) -> list[str]:
    known = {one.source_file: one for one in entries}
    return [one.file.name for one in plan_newest(files, known, NOW, reread).files]


def test_mode_full_plans_only_the_newest_file():
    assert newest([file("1"), file("2", modified=2000)], []) == ["2"]
    assert newest([file("1"), file("2", modified=2000)], [entry("2", modified=2000)]) == []


def test_the_last_name_is_the_newest_of_files_with_one_time():
    assert newest([file("1"), file("2")], []) == ["2"]


def test_mode_full_plans_the_newest_remaining_file_after_a_removal():
    assert newest([file("1")], [entry("1", state="superseded"), entry("2", modified=2000)]) == ["1"]


def test_mode_full_plans_a_correction_with_an_older_time():
    assert newest([file("1", modified=500)], [entry("1")]) == ["1"]


def test_a_file_with_a_future_time_is_as_old_as_its_first_load():
    ahead = file("1", modified=NOW * 2)
    assert newest([ahead, file("0", modified=NOW - 1)], []) == ["1"]
    loaded = entry("1", modified=NOW * 2, closed=NOW - 10)
    assert newest([ahead, file("0", modified=NOW - 1)], [loaded]) == ["0"]


def test_a_time_in_the_future_is_reported():
    assert notes([PlannedFile(file(modified=NOW))], NOW) == []
    assert notes([PlannedFile(file(modified=NOW * 2))], NOW) == ["a.csv has a time in the future"]


def test_batches_are_limited_by_files_and_bytes():
    def sizes(rules: Rules, *files: int) -> list[list[int]]:
        some = [PlannedFile(file(str(number), size=size)) for number, size in enumerate(files)]
        return [[one.file.size for one in batch] for batch in batches(rules, some)]

    assert sizes(Rules(max_batch_files=2), 1, 1, 1) == [[1, 1], [1]]
    assert sizes(Rules(max_batch_bytes=5), 3, 3, 9, 1) == [[3], [3], [9], [1]]
    assert sizes(Rules()) == []
