"""Changed contracts and files: rescued cells, changed types, rejected files, mode `full`."""

import os
import re
import time
from decimal import Decimal

import pytest

from lakehouse.errors import LakehouseError
from loaders import statements
from loaders.contract import Column
from ops import quarantine
from tests.loaders.bench import COLUMNS


def always(entry) -> bool:
    return True


def with_type(name: str, type_: str) -> tuple[Column, ...]:
    return tuple(Column(c.name, type_ if c.name == name else c.type, c.required) for c in COLUMNS)


def test_rescued_cells_move_to_their_column_when_files_are_read_again(bench):
    bench.put("a.csv", "1,x,blue,9", header="id,note,Colour,size")
    bench.load()
    assert bench.rows("_rescued_data") == [('{"Colour":"blue","size":"9"}',)]
    bench.change(columns=(*COLUMNS, Column("colour", "string")))
    bench.put("b.csv", "2,y,red", header="id,note,colour")
    bench.load()
    before = [(1, None, '{"Colour":"blue","size":"9"}'), (2, "red", None)]
    assert bench.rows("id, colour, _rescued_data") == before
    report = bench.load(reread=always)
    assert (report.files_replaced, report.rows_loaded) == (2, 2)
    after = [(1, "blue", '{"size":"9"}'), (2, "red", None)]
    assert bench.rows("id, colour, _rescued_data") == after


def test_a_wider_type_changes_the_column_in_place(bench):
    bench.put("a.csv", "1,,,x")
    bench.load()
    before = bench.version()
    bench.change(columns=with_type("id", "bigint"))
    bench.put("b.csv", "3000000000,,,y")
    bench.load()
    assert bench.rows("id, note") == [(1, "x"), (3000000000, "y")]
    assert bench.version() > before


def test_the_error_for_a_narrower_type_counts_the_values_it_cannot_hold(bench):
    bench.put("a.csv", "1,,123456.78,x", "2,,0.50,y")
    bench.load()
    bench.change(columns=with_type("amount", "decimal(4,2)"))
    with pytest.raises(LakehouseError) as refused:
        bench.load()
    assert (
        "column amount is decimal(8,2) in bronze and decimal(4,2) in the contract"
        in refused.value.message
    )
    assert "the new type cannot hold 1 of 2 values, such as 123456.78" in refused.value.message
    bench.change(columns=COLUMNS)
    assert bench.load().batches == []


def test_the_remedy_corrects_the_type_of_an_empty_table(bench):
    bench.change({"max_reject_ratio": 0}, columns=with_type("amount", "int"))
    bench.put("a.csv", "1,,12.50,x")
    bench.load()
    bench.change(columns=COLUMNS)
    with pytest.raises(LakehouseError, match="the table is empty") as refused:
        bench.load()
    bench.session.execute(re.search("'(.+)'", refused.value.remedy).group(1))
    assert bench.load(reread=always).rows_loaded == 1
    assert bench.rows("amount") == [(Decimal("12.50"),)]


def test_a_file_with_too_many_rejects_is_rejected_whole(bench):
    bench.change(rules={"max_reject_ratio": 0.25})
    bench.put("good.csv", "1,,,a", "2,,,a", "3,,,a", "x,,,bad")
    bench.put("bad.csv", "5,,,b", "6,,,b", "x,,,bad", "y,,,bad")
    report = bench.load()
    assert [row[0] for row in bench.rows()] == [1, 2, 3]
    assert (report.files_new, report.files_rejected, report.rows_rejected) == (1, 1, 1)
    [note] = [note for note in report.notes if "max_reject_ratio" in note]
    assert "2 of 4 rows violate the contract (50.0%), more than max_reject_ratio (25.0%)" in note
    # A correction that is held back leaves the rows of the file as they were.
    bench.put("good.csv", "7,,,a", "x,,,bad", "y,,,bad")
    bench.load()
    assert [row[0] for row in bench.rows()] == [1, 2, 3]


def test_rejects_are_listed_and_loaded_after_a_change_of_the_contract(bench):
    bench.put("a.csv", "1,,,a", "3000000000,,,big", "x,,,bad")
    bench.put("b.csv", "9,,,b")
    bench.put("c.csv", "c", header="note")
    bench.load()
    dataset, folder = bench.contract.dataset, bench.contract.location
    columns, rows = quarantine.summary(bench.session, [dataset])
    assert columns == ("dataset", "file", "column", "reason", "rows")
    assert sorted(row[1:] for row in rows if row[2]) == [
        (f"{folder}/a.csv", "id", "is not a valid int", 2)
    ]
    assert [row[1] for row in rows if not row[2]] == [f"{folder}/c.csv"]
    assert (
        quarantine.totals(bench.session, [dataset])
        == "2 rejected rows in 1 files, and 1 rejected files"
    )
    _, details = quarantine.details(bench.session, dataset, f"{folder}/a.csv")
    assert [row[2:] for row in details] == [
        ("id", "3000000000", "is not a valid int"),
        ("id", "x", "is not a valid int"),
    ]

    bench.change(columns=with_type("id", "bigint"))
    report = bench.load(reread=quarantine.has_rejects)
    assert (report.files_replaced, report.files_rejected, report.rows_rejected) == (1, 1, 1)
    assert bench.rows("id, note") == [(1, "a"), (9, "b"), (3000000000, "big")]


def test_in_mode_full_the_table_has_the_rows_of_the_newest_file(bench):
    bench.change(rules={"mode": "full"})
    bench.put("monday.csv", "1,,,monday", "2,,,monday", "x,,,bad")
    bench.put("tuesday.csv", "2,,,tuesday")
    bench.load()
    assert bench.rows("id, note") == [(2, "tuesday")]
    bench.put("wednesday.csv", "3,,,wednesday", "x,,,bad")
    report = bench.load()
    assert bench.rows("id, note") == [(3, "wednesday")]
    assert (report.rows_rejected, len(bench.quarantined())) == (1, 1)
    states = {name.rpartition("/")[2]: state for name, state in bench.states().items()}
    assert states == {"tuesday.csv": "superseded", "wednesday.csv": "loaded"}
    version = bench.version()
    assert bench.load().batches == []
    assert bench.version() == version
    # Without the newest file, the newest that is present is the table.
    (bench.folder / "wednesday.csv").unlink()
    bench.load()
    assert bench.rows("id, note") == [(2, "tuesday")]
    assert bench.quarantined() == []
    # A replacement counts also with an older time.
    (bench.folder / "monday.csv").unlink()
    bench.put("tuesday.csv", "4,,,replaced")
    os.utime(bench.folder / "tuesday.csv", (1, 1))
    bench.load()
    assert bench.rows("id, note") == [(4, "replaced")]


def test_in_mode_full_an_empty_file_needs_allow_empty(bench):
    bench.change(rules={"mode": "full"})
    # A time in the future does not hide later files.
    bench.put("monday.csv", "1,,,monday")
    os.utime(bench.folder / "monday.csv", (4_000_000_000, 4_000_000_000))
    report = bench.load()
    assert bench.rows("id") == [(1,)]
    assert f"{bench.contract.location}/monday.csv has a time in the future" in report.notes
    time.sleep(0.01)
    (bench.folder / "tuesday.csv").write_text("id\n2\n")
    bench.load()
    assert bench.rows("id") == [(2,)]
    time.sleep(0.01)
    (bench.folder / "wednesday.csv").write_text("id\n")
    report = bench.load()
    assert bench.rows("id") == [(2,)]
    [note] = [note for note in report.notes if "rejected" in note]
    assert "it has no rows and would empty the table" in note
    bench.change(rules={"allow_empty": True})
    bench.load(reread=always)
    assert bench.rows("id") == []


def test_a_directory_that_spark_wrote_again_replaces_its_rows(bench):
    for name, lines in (("part-0", "1,,,a"), ("part-1", "2,,,a")):
        bench.put(f"export/{name}", lines)
    bench.put_bytes("export/_SUCCESS", b"")
    assert bench.load().files_new == 1
    os.unlink(bench.folder / "export/part-1")
    bench.put("export/part-0", "3,,,b")
    report = bench.load()
    assert (report.files_replaced, bench.rows("id, note")) == (1, [(3, "b")])


def test_a_stopped_load_keeps_its_closed_batches(bench):
    bench.change(rules={"max_batch_files": 2})
    for number in range(5):
        bench.put(f"{number}.csv", f"{number},,,x")
    landed = []

    def stop(step: str) -> None:
        landed.append(step)
        if landed.count("closed") == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.load(progress=stop)
    assert bench.rows("id") == [(0,), (1,), (2,), (3,)]
    report = bench.load()
    assert (len(report.batches), bench.rows("id")) == (1, [(number,) for number in range(5)])


def test_bronze_has_the_descriptions_of_the_contract(bench):
    bench.change(columns=(Column("id", "int", description="It's the id."),))
    bench.load()
    described = bench.session.execute(f"describe {statements.bronze(bench.contract)}")
    assert described[0] == ("id", "int", "It's the id.")
