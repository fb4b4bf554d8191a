"""Loads against the live server: whole tables are compared, audit columns aside."""

import json
import os
import socket
from collections.abc import Callable
from dataclasses import replace

import duckdb
import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT
from lakehouse.sql import literal
from lakehouse.thrift import Session
from loaders import ledger, load, run, statements
from loaders.context import Context


def test_a_corrected_file_replaces_its_own_rows_and_no_others(bench):
    bench.put("a.csv", "1,,,a", "2,,,a", "x,,,bad")
    bench.put("b.csv", "3,,,b")
    bench.load()
    bench.put("a.csv", "1,,,corrected")
    report = bench.load()
    assert bench.rows() == [(1, None, None, "corrected"), (3, None, None, "b")]
    assert (report.files_replaced, bench.quarantined()) == (1, [])


def test_a_file_with_another_time_is_read_again_so_that_bronze_is_as_a_load_from_scratch_makes_it(
    bench,
):
    bench.put("a.csv", "1,,,a")
    bench.load()
    os.utime(bench.folder / "a.csv", (2, 2))
    assert bench.load().files_replaced == 1
    assert bench.rows("id, unix_seconds(_source_modified_at)") == [(1, 2)]
    assert bench.load().batches == []


def test_a_file_gone_from_landing_keeps_its_rows(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()
    (bench.folder / "a.csv").unlink()
    report = bench.load()
    assert (report.files_missing, bench.rows()) == (1, [(1, None, None, "a")])


def test_a_rejected_correction_leaves_the_earlier_rows(bench):
    bench.put("a.csv", "1,,,first")
    bench.load()
    bench.put("a.csv", "x", header="note")
    assert bench.load().files_rejected == 1
    assert bench.rows() == [(1, None, None, "first")]
    bench.put("a.csv", "1,,,mended")
    bench.load()
    assert bench.rows() == [(1, None, None, "mended")]


def test_a_table_exists_after_a_load_without_files(bench):
    bench.load()
    assert bench.rows() == []


class Stopped(Exception):
    """A loader that goes no further."""


def stop_at(step: str) -> Callable[[str], None]:
    def progress(reached: str) -> None:
        if reached == step:
            raise Stopped

    return progress


def test_a_batch_that_was_landed_and_not_closed_is_closed_by_the_next_load(bench):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    with pytest.raises(Stopped):
        bench.load(progress=stop_at("committed"))
    assert (bench.states(), bench.quarantined()) == ({}, [])
    version = bench.version()
    report = bench.load()
    assert (report.files_new, report.rows_loaded, report.rows_rejected) == (1, 1, 1)
    assert "was committed by another load" in report.notes[0]
    assert bench.version() == version
    assert len(bench.quarantined()) == 1


def test_a_batch_whose_files_were_removed_after_it_was_landed_is_closed(bench):
    bench.put("a.csv", "1,,,a")
    with pytest.raises(Stopped):
        bench.load(progress=stop_at("committed"))
    (bench.folder / "a.csv").unlink()
    bench.put("b.csv", "2,,,b")
    bench.load()
    assert [row[0] for row in bench.rows()] == [1, 2]
    assert set(bench.states().values()) == {"loaded"}


def test_a_batch_that_landed_nothing_is_closed(bench):
    bench.put("a.csv", "1,,,a")

    def remove(reached: str) -> None:
        if reached == "inserting":
            (bench.folder / "a.csv").write_text("")
        if reached == "committed":
            raise Stopped

    with pytest.raises(Stopped):
        bench.load(progress=remove)
    assert bench.load().files_new == 0
    bench.put("a.csv", "1,,,again")
    bench.load()
    assert bench.rows() == [(1, None, None, "again")]


@pytest.mark.parametrize("step", ["inserting", "staging"])
def test_of_two_loaders_with_one_batch_number_one_lands_its_batch(bench, step):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    bench.put("b.csv", "2,,,b")
    slept = []

    def sleep(reached: str) -> None:
        if reached == step and not slept:
            slept.append(step)
            with Session(bench.settings) as other:
                load.load(Context(other, bench.landing, bench.contract))

    bench.load(progress=sleep)
    assert slept == [step]
    assert [row[0] for row in bench.rows()] == [1, 2]
    assert len(bench.quarantined()) == 1
    assert set(bench.states().values()) == {"loaded"}


def test_a_loader_that_slept_brings_no_earlier_content_back(bench):
    bench.put("a.csv", "1,,,first")
    slept = []

    def sleep(reached: str) -> None:
        if reached == "inserting" and not slept:
            slept.append(reached)
            with Session(bench.settings) as other:
                load.load(Context(other, bench.landing, bench.contract))
                bench.put("a.csv", "1,,,second")
                load.load(Context(other, bench.landing, bench.contract))

    bench.load(progress=sleep)
    assert bench.rows() == [(1, None, None, "second")]


def test_a_batch_that_is_closed_twice_is_one_row_of_the_ledger(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()
    log = f"from {ledger.LOG} where dataset = {literal(bench.contract.dataset)}"
    bench.session.execute(
        f"insert into {ledger.LOG} select * except (closed_at), current_timestamp() {log}"
    )
    assert len(bench.session.execute(f"select 1 {log}")) == 2
    assert bench.load().batches == []
    assert list(bench.states().values()) == ["loaded"]


def test_a_file_renamed_between_landing_and_closing_is_two_deliveries(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()

    def rename(reached: str) -> None:
        if reached == "committed" and (bench.folder / "b.csv").exists():
            (bench.folder / "b.csv").rename(bench.folder / "c.csv")

    bench.put("b.csv", "2,,,b")
    bench.load(progress=rename)
    folder = bench.contract.location
    assert bench.rows("id, _source_file") == [
        (1, f"{folder}/a.csv"),
        (2, f"{folder}/b.csv"),
        (2, f"{folder}/c.csv"),
    ]


def test_a_new_file_with_the_content_of_one_that_was_archived_is_a_delivery_of_its_own(bench):
    bench.put("monday.csv", "1,,,same")
    bench.load()
    (bench.folder / "monday.csv").unlink()
    bench.put("tuesday.csv", "1,,,same")
    bench.load()
    assert [row[0] for row in bench.rows()] == [1, 1]


def test_a_file_moved_over_a_loaded_one_replaces_its_rows_alone(bench):
    bench.put("a.csv", "1,,,a")
    bench.put("b.csv", "2,,,b")
    bench.load()
    os.replace(bench.folder / "a.csv", bench.folder / "b.csv")
    bench.load()
    folder = bench.contract.location
    assert bench.rows("id, _source_file") == [(1, f"{folder}/a.csv"), (1, f"{folder}/b.csv")]


def test_a_bronze_table_that_was_dropped_is_loaded_again(bench):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    bench.load()
    bench.session.execute(f"drop table {statements.bronze(bench.contract)}")
    assert bench.load().files_new == 1
    assert bench.rows() == [(1, None, None, "a")]
    assert len(bench.quarantined()) == 1
    assert bench.load().batches == []


def test_a_file_that_keeps_changing_ends_the_load_with_an_error(bench):
    bench.put("a.csv", "1,,,a")

    def rewrite(reached: str) -> None:
        if reached == "committed":
            bench.put("a.csv", "1,,,again")

    with pytest.raises(LakehouseError, match="in each of 10 attempts its files changed"):
        bench.load(progress=rewrite)


def test_what_is_skipped_is_told_and_the_other_files_go_on(bench):
    bench.put("a.csv", "1,,,a")
    bench.put("bad.csv", "2,,,b")
    os.rename(bench.folder / "bad.csv", os.fsencode(bench.folder) + b"/caf\xe9.csv")
    os.mkfifo(bench.folder / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as unix:
        os.chdir(bench.folder)
        unix.bind("socket.csv")
    os.chdir(PROJECT)
    report = bench.load()
    assert report.rows_loaded == 1
    folder = bench.contract.location
    assert sorted(report.notes) == [
        f"{folder}/caf\\xe9.csv was skipped: its name is not UTF-8",
        f"{folder}/pipe.csv was skipped: it is not a regular file",
        f"{folder}/socket.csv was skipped: it is not a regular file",
    ]


def test_a_defect_in_one_dataset_does_not_hide_how_the_others_ended(bench, monkeypatch):
    bench.put("a.csv", "1,,,a")
    through = run.Run.load

    def fail(self, contract, report):
        if contract.table == "broken":
            raise KeyError("numOutputRows")
        through(self, contract, report)

    monkeypatch.setattr(run.Run, "load", fail)
    broken, good = run.load_all(
        bench.settings, [replace(bench.contract, table="broken"), bench.contract]
    )
    assert broken.error.startswith("KeyError: 'numOutputRows'")
    assert (good.error, good.rows_loaded) == ("", 1)


def test_a_clean_batch_takes_ten_statements_at_most(bench, monkeypatch):
    bench.put("a.csv", "1,,,a")
    bench.load()
    bench.put("b.csv", "2,,,b")
    said = []
    query = bench.session.query
    monkeypatch.setattr(
        bench.session, "query", lambda statement: said.append(statement) or query(statement)
    )
    bench.load()
    assert len(said) <= 10


def test_a_file_rewritten_while_it_is_read_ends_as_it_is_now(bench):
    bench.put("a.csv", "1,,,first")
    steps = []

    def rewrite(step: str) -> None:
        steps.append(step)
        if step == "inserting" and steps.count("inserting") == 1:
            bench.put("a.csv", "1,,,second", "2,,,second")

    report = bench.load(progress=rewrite)
    assert steps.count("inserting") == 2
    assert bench.rows() == [(1, None, None, "second"), (2, None, None, "second")]
    assert (
        f"{bench.contract.location}/a.csv was changed or removed while it was loaded"
        in report.notes
    )


def test_a_reprocessed_table_is_the_same_table(bench):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    bench.load()
    before = bench.rows(), bench.quarantined()
    report = bench.load(reread=lambda entry: True)
    assert (report.files_replaced, report.rows_loaded) == (1, 1)
    assert (bench.rows(), bench.quarantined()) == before


def test_parquet_columns_may_be_called_as_the_loader_calls_its_own(bench):
    bench.change(using="parquet", options={})
    names = [
        "_file",
        "_modified",
        "_path",
        "_size",
        "_misfit",
        "_record",
        "_errors",
        "path",
        "size",
        "data",
        "claim",
    ]
    others = ", ".join(f"'{name}!' as {name}" for name in names)
    for number in (1, 2, 3_000_000_000):
        duckdb.sql(
            f"copy (select {number}::bigint as id, {others}) to '{bench.folder}/{number}.parquet'"
        )
    report = bench.load()
    assert (report.rows_loaded, report.rows_rejected) == (2, 1)
    rescued = bench.session.execute(
        f"select distinct _rescued_data from {statements.bronze(bench.contract)}"
    )
    assert [json.loads(text) for (text,) in rescued] == [{name: f"{name}!" for name in names}]


def test_a_link_is_loaded_at_any_nanosecond(bench, tmp_path):
    bench.put("a.csv", "1,,,x")
    (bench.folder / "a.csv").rename(tmp_path / "elsewhere.csv")
    # A float of seconds would round it up to the next millisecond.
    os.utime(tmp_path / "elsewhere.csv", ns=(1_763_722_058_560_999_999,) * 2)
    (bench.folder / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert bench.load().rows_loaded == 1
    assert bench.load().batches == []
