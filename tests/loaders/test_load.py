"""Loads on the running server: files over time, stopped and concurrent loaders."""

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
from loaders.plan import reread_none
from tests.loaders.bench import Bench


def load_gives(bench: Bench, *rows: tuple[str, str], reread=reread_none, **counts: int) -> None:
    """A load leaves these rows (file, note) in bronze, and reports these counts."""
    report = bench.load(reread=reread)
    assert {name: getattr(report, name) for name in counts} == counts
    folder = f"{bench.contract.location}/"
    found = [(file.removeprefix(folder), note) for file, note in bench.rows("_source_file, note")]
    assert found == sorted(rows)


def test_bronze_follows_the_files_from_load_to_load(bench):
    a, b, c = (bench.folder / f"{name}.csv" for name in "abc")
    bench.put("a.csv", "1,,,new", "2,,,new", "x,,,rejected")
    bench.put("b.csv", "3,,,b")
    new = ("a.csv", "new"), ("a.csv", "new"), ("b.csv", "b")
    load_gives(bench, *new, files_new=2, rows_rejected=1)

    # A correction replaces the rows of its file, and its rejects.
    bench.put("a.csv", "1,,,corrected")
    corrected = ("a.csv", "corrected"), ("b.csv", "b")
    load_gives(bench, *corrected, files_replaced=1)
    assert bench.quarantined() == []

    # A rejected correction leaves the earlier rows.
    bench.put("a.csv", "x", header="note")
    load_gives(bench, *corrected, files_rejected=1)

    # A file with another time is read again, so that bronze is what a load from scratch makes.
    bench.put("a.csv", "1,,,mended")
    os.utime(b, (2, 2))
    mended = ("a.csv", "mended"), ("b.csv", "b")
    load_gives(bench, *mended, files_replaced=2)
    assert bench.rows("unix_seconds(_source_modified_at)")[0] == (2,)

    # A file that is gone keeps its rows; its content under another name is another delivery.
    b.rename(c)
    load_gives(bench, *mended, ("c.csv", "b"), files_new=1, files_missing=1)

    # A file that is moved over another one replaces the rows of that one.
    a.replace(c)
    moved = *mended, ("c.csv", "mended")
    load_gives(bench, *moved, files_replaced=1, files_missing=2)
    load_gives(bench, *moved, files_replaced=0, files_new=0)
    load_gives(bench, *moved, reread=lambda file: True, files_replaced=1, rows_loaded=1)


def test_a_table_exists_after_a_load_without_files(bench):
    bench.load()
    assert bench.rows() == []


class Stopped(Exception):
    """Stops a loader."""


def stop_at(step: str) -> Callable[[str], None]:
    def progress(reached: str) -> None:
        if reached == step:
            raise Stopped

    return progress


def test_a_batch_that_was_committed_and_not_closed_is_closed_by_the_next_load(bench):
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


def test_a_committed_batch_is_closed_after_its_files_were_removed(bench):
    bench.put("a.csv", "1,,,a")
    with pytest.raises(Stopped):
        bench.load(progress=stop_at("committed"))
    (bench.folder / "a.csv").unlink()
    bench.put("b.csv", "2,,,b")
    bench.load()
    assert [row[0] for row in bench.rows()] == [1, 2]
    assert set(bench.states().values()) == {"loaded"}


def test_a_committed_batch_without_rows_is_closed(bench):
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
def test_one_of_two_loaders_with_the_same_batch_number_commits(bench, step):
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


def test_a_delayed_loader_does_not_restore_earlier_rows(bench):
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


def test_a_batch_that_is_closed_twice_has_one_ledger_row_per_file(bench):
    bench.put("a.csv", "1,,,a")
    bench.load()
    log = f"from {ledger.LOG} where dataset = {literal(bench.contract.dataset)}"
    bench.session.execute(
        f"insert into {ledger.LOG} select * except (closed_at), current_timestamp() {log}"
    )
    assert len(bench.session.execute(f"select 1 {log}")) == 2
    assert bench.load().batches == []
    assert list(bench.states().values()) == ["loaded"]


def test_a_file_renamed_between_commit_and_close_is_two_deliveries(bench):
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


def test_a_bronze_table_that_was_dropped_is_loaded_again(bench):
    bench.put("a.csv", "1,,,a", "x,,,bad")
    bench.load()
    bench.session.execute(f"drop table {statements.bronze(bench.contract)}")
    assert bench.load().files_new == 1
    assert bench.rows() == [(1, None, None, "a")]
    assert len(bench.quarantined()) == 1
    assert bench.load().batches == []


def test_a_file_that_keeps_changing_ends_the_load_with_an_error(bench, monkeypatch):
    monkeypatch.setattr(load, "MAX_ROUNDS", 3)
    bench.put("a.csv", "1,,,a")

    def rewrite(reached: str) -> None:
        if reached == "committed":
            bench.put("a.csv", "1,,,again")

    with pytest.raises(LakehouseError, match="in each of 3 attempts its files changed"):
        bench.load(progress=rewrite)


def test_skipped_files_are_reported_and_the_others_are_loaded(bench):
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


def test_a_defect_in_one_dataset_does_not_hide_the_reports_of_others(bench, monkeypatch):
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


def test_a_file_rewritten_during_the_load_is_loaded_as_it_is_now(bench):
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


def test_parquet_columns_may_have_the_names_of_the_loaders_own_columns(bench):
    bench.change(using="parquet", options={})
    own = "landed_file landed_modified landed_path landed_size landed_ms errors record records"
    names = [*(f"_{name}" for name in own.split()), "_line", "_corrupt", "path", "size", "data"]
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


def test_a_link_is_loaded_with_the_time_of_its_target(bench, tmp_path):
    bench.put("a.csv", "1,,,x")
    (bench.folder / "a.csv").rename(tmp_path / "elsewhere.csv")
    # A float of seconds would round it up to the next millisecond.
    os.utime(tmp_path / "elsewhere.csv", ns=(1_763_722_058_560_999_999,) * 2)
    (bench.folder / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert bench.load().rows_loaded == 1
    assert bench.load().batches == []
