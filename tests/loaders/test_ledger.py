import os

import pytest

from loaders.ledger import Entry, plan
from loaders.listing import look


@pytest.fixture
def file(tmp_path):
    (tmp_path / "a.csv").write_text("content")
    return look(tmp_path, "a.csv")


def entry(file, **changes) -> Entry:
    facts = {
        "source_file": file.name,
        "state": "loaded",
        "load_id": "b1",
        "replaces": False,
        "size": file.size,
        "modified": file.modified,
        "checksum": file.checksum(),
    }
    return Entry(**{**facts, **changes})


def shown(planned) -> dict:
    kinds = {"new": planned.new, "corrected": planned.corrected, "touched": planned.touched}
    return {kind: [file.name for file in files] for kind, files in kinds.items() if files}


def test_an_unknown_file_is_new(file):
    assert shown(plan([file], {})) == {"new": ["a.csv"]}


def test_a_loaded_file_is_left_alone(file):
    assert shown(plan([file], {"a.csv": entry(file)})) == {}


def test_a_file_with_other_content_is_corrected(file):
    assert shown(plan([file], {"a.csv": entry(file, modified=1, checksum="other")})) == {"corrected": ["a.csv"]}


def test_a_file_with_the_same_content_is_only_touched(file):
    assert shown(plan([file], {"a.csv": entry(file, modified=1)})) == {"touched": ["a.csv"]}


def test_a_file_in_an_open_batch_belongs_to_it(file):
    known = {"a.csv": entry(file, state="claimed", checksum="other", modified=1)}
    assert shown(plan([file], known)) == {}
    assert shown(plan([file], known, everything=True)) == {}


@pytest.mark.parametrize("state", ["changed", "gone"])
def test_a_file_that_was_not_read_as_claimed_is_planned_anew(file, state):
    assert shown(plan([file], {"a.csv": entry(file, state=state)})) == {"corrected": ["a.csv"]}


def test_a_rejected_file_waits_for_its_correction(file):
    assert shown(plan([file], {"a.csv": entry(file, state="rejected")})) == {}


def test_a_full_refresh_plans_what_is_known(file):
    assert shown(plan([file], {"a.csv": entry(file)}, everything=True)) == {"corrected": ["a.csv"]}


def test_a_loaded_file_that_is_gone_is_reported(file):
    assert plan([], {"a.csv": entry(file)}).missing == ("a.csv",)


def test_a_file_that_vanishes_while_it_is_planned_is_left_out(file):
    os.unlink(file.parts[0].path)
    assert shown(plan([file], {})) == {}
