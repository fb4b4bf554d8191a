"""Killed loaders, a killed server, lost connections, concurrent loaders and a full disk.

After every load, the tables have the rows that Python's csv module reads from the files.
"""

import csv
import hashlib
import multiprocessing
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.sql import literal
from lakehouse.thrift import Session, TimedOut, Unreachable
from loaders import load, run, statements, tables
from loaders.context import Context
from loaders.contract import Column, Contract
from loaders.ledger import LEDGER, QUARANTINE
from loaders.listing import Landing
from loaders.plan import reread_none
from loaders.report import DatasetReport
from tests.loaders.bench import Bench
from tests.servers import free_port, kill, process_of, start, unprivileged

# A spawned process imports this module again, and shares no state with the test.
SPAWN = multiprocessing.get_context("spawn")
COLUMNS = (Column("id", "int", required=True), Column("note", "string"))
BULK = 100_000
# Short pauses notice a server that is back; their number leaves a slow machine its time.
PAUSES = (0.5,) * 240


@pytest.fixture
def bench(bench) -> Bench:
    """A dataset of an id and a note."""
    bench.change(columns=COLUMNS, options={})
    return bench


def put(bench: Bench, name: str, *lines: str) -> None:
    bench.put(name, *lines, header="id,note")


def table_folder(bench: Bench) -> Path:
    return bench.settings.home / "warehouse" / "bronze.db" / bench.contract.identifier


def data_files(bench: Bench) -> set[Path]:
    return set(table_folder(bench).glob("*.parquet"))


def commits(bench: Bench) -> int:
    return len(list(table_folder(bench).glob("_delta_log/*.json")))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"no {what} within {seconds} s"
        time.sleep(0.005)


# ---- the oracle


def expected(bench: Bench) -> tuple[list, list, list]:
    """The rows of bronze, of the quarantine and of the ledger, by an independent reader."""
    landed, rejected, files = [], [], []
    for path in sorted(bench.folder.iterdir()):
        name = f"{bench.contract.location}/{path.name}"
        with open(path, newline="") as file:
            rows = [(row["id"], row["note"]) for row in csv.DictReader(file)]
        valid = [(int(id_), note, name) for id_, note in rows if id_.isdigit()]
        landed += valid
        rejected += [(name, id_) for id_, _ in rows if not id_.isdigit()]
        files.append((name, "loaded", len(rows), len(valid), len(rows) - len(valid)))
    return sorted(landed), sorted(rejected), files


def found(session: Session, contract: Contract) -> tuple[list, list, list]:
    """The same rows, as the tables hold them."""
    dataset = f"dataset = {literal(contract.dataset)}"
    return tuple(
        sorted(session.execute(statement))
        for statement in (
            f"select id, note, _source_file from {statements.bronze(contract)}",
            f"select source_file, errors[0].value from {QUARANTINE} where {dataset}",
            "select source_file, state, rows_read, rows_loaded, rows_rejected "
            f"from {LEDGER} where {dataset}",
        )
    )


def is_right(bench: Bench) -> bool:
    """Whether the tables hold every row of the files exactly once, and no scratch table is left."""
    with Session(bench.settings) as session:
        scratch = f"show tables in scratch like '{bench.contract.identifier}__*'"
        assert session.execute(scratch) == []
        tables_, files = found(session, bench.contract), expected(bench)
    # pytest would take minutes to show how lists of 100,000 rows differ.
    assert [len(table) for table in tables_] == [len(table) for table in files]
    assert tables_[1:] == files[1:]
    return tables_[0] == files[0]


# ---- loaders in processes of their own


def load_in_process(settings: Settings, contract: Contract, progress: load.Progress) -> None:
    with Session(settings) as session:
        load.load(Context(session, Landing(settings.landing), contract), progress=progress)


def load_and_die(settings: Settings, contract: Contract, last_step: str, log: Path) -> None:
    """A loader that logs its steps to a file, and kills itself at `last_step`."""

    def progress(step: str) -> None:
        with open(log, "a") as file:
            file.write(f"{step}\n")
        if step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    load_in_process(settings, contract, progress)


def load_together(settings: Settings, contract: Contract, barrier) -> None:
    """A loader that begins when the others do."""
    barrier.wait()
    load_in_process(settings, contract, lambda step: None)


def test_concurrent_loaders_load_every_row_once(bench):
    loaders = 4
    for number in range(4):
        put(bench, f"{number}.csv", f"{number},a", f"{number + 100},a", f"bad {number},b")
    barrier = SPAWN.Barrier(loaders)
    arguments = bench.settings, bench.contract, barrier
    processes = [SPAWN.Process(target=load_together, args=arguments) for _ in range(loaders)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * loaders
    assert is_right(bench)


# ---- a loader that is killed


@pytest.fixture(scope="module")
def victim(server, tmp_path_factory) -> Iterator[Bench]:
    """A dataset whose loaders are killed, one after the other."""
    settings = replace(server, landing=str(tmp_path_factory.mktemp("victim")))
    with Session(settings) as session:
        bench = Bench(settings, session, "victim")
        bench.change(columns=COLUMNS, options={})
        put(bench, "a.csv", "1,first", "2,first", "bad,first", "worse,first")
        bench.load()
        yield bench


def start_loader(bench: Bench, last_step: str, log: Path):
    arguments = bench.settings, bench.contract, last_step, log
    process = SPAWN.Process(target=load_and_die, args=arguments)
    process.start()
    return process


@pytest.mark.parametrize("step", load.STEPS)
def test_the_next_load_is_complete_after_a_loader_is_killed_at(victim, tmp_path, step):
    put(victim, "a.csv", f"1,corrected {step}", f"bad {step},corrected")
    put(victim, f"{step}.csv", f"3,{step}", f"bad {step},new")
    log = tmp_path / "steps"
    process = start_loader(victim, step, log)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert log.read_text().split()[-1] == step
    victim.load()
    assert is_right(victim)
    assert victim.load().batches == []


def test_the_next_load_is_complete_after_a_loader_is_killed_in_a_write(victim, tmp_path):
    put(victim, "a.csv", "1,corrected again", "bad,corrected")
    put(victim, "bulk.csv", *(f"{number},bulk" for number in range(BULK)), "bad,new")
    log = tmp_path / "steps"
    process = start_loader(victim, "no step", log)
    # The first write stops at the rejected rows; the second one is the one to interrupt.
    second = "staging\ninserting\n"
    wait_for(lambda: log.exists() and log.read_text().endswith(second), "second write")
    before, version = data_files(victim), commits(victim)
    wait_for(lambda: data_files(victim) - before, "rows being written")
    process.kill()
    process.join()
    assert commits(victim) == version
    assert log.read_text().split()[-1] == "inserting"
    victim.load()
    assert is_right(victim)


# ---- a server that is killed, and connections that are lost


@pytest.fixture
def half_made(bench, monkeypatch, tmp_path) -> Bench:
    """Bronze after a server was killed between its first commit and its registration."""
    # A table that another loader is creating is waited for.
    monkeypatch.setattr(tables, "ATTEMPTS", 2)
    put(bench, "a.csv", "1,a", "bad,b")
    tables.prepare(bench.session, bench.contract)
    shutil.copytree(table_folder(bench), tmp_path / "copy")
    bench.session.execute(f"drop table {statements.bronze(bench.contract)}")
    shutil.copytree(tmp_path / "copy", table_folder(bench))
    return bench


def test_a_table_that_is_missing_in_the_metastore_is_registered(half_made):
    half_made.load()
    assert is_right(half_made)


def test_a_table_without_its_first_commit_is_reported_with_the_remedy(half_made):
    log = table_folder(half_made) / "_delta_log"
    for commit in log.glob("*0.json"):
        commit.rename(commit.with_name(f".{commit.name}.tmp"))
    with pytest.raises(LakehouseError, match="has files but no table") as caught:
        half_made.load()
    assert str(table_folder(half_made)) in caught.value.message
    shutil.rmtree(table_folder(half_made))
    half_made.load()
    assert is_right(half_made)


def load_with_retries(
    bench: Bench, settings: Settings, watch: run.Watch, report: DatasetReport, pauses=PAUSES
) -> None:
    """A load as `lakehouse load` makes it, with retries after a lost connection."""
    run.Run(settings, Landing(settings.landing), reread_none, watch, pauses).load(
        bench.contract, report
    )


def test_a_load_survives_a_server_that_is_killed_while_rows_are_written(bench, mortal_server):
    put(bench, "a.csv", "1,first", "bad,first")
    bench.load()
    put(bench, "a.csv", *(f"{number},corrected" for number in range(BULK)), "bad,corrected")
    killers, before = [], data_files(bench)

    def kill_and_restart() -> None:
        wait_for(lambda: data_files(bench) - before, "rows being written")
        kill(mortal_server)
        start(mortal_server)

    def watch(report: DatasetReport, step: str) -> None:
        if step == "inserting" and not killers:
            killers.append(threading.Thread(target=kill_and_restart))
            killers[-1].start()

    report = DatasetReport(bench.contract.dataset, "")
    load_with_retries(bench, bench.settings, watch, report)
    for killer in killers:
        killer.join()
    assert any("was lost: tried again" in note for note in report.notes), report.notes
    assert is_right(bench)
    assert (report.files_done, report.rows_loaded, report.rows_rejected) == (1, BULK, 1)


def test_a_load_survives_a_connection_that_is_lost_at_each_step(bench, relay):
    bench.change({"max_batch_files": 1})
    put(bench, "a.csv", "1,first", "bad,first", "worse,first")
    bench.load()
    put(bench, "a.csv", "1,corrected", "bad,corrected")
    put(bench, "b.csv", "1,new", "bad,new")
    # Number of files done, and the step. From committed to closing there is no statement.
    cuts = [(0, "planned"), (0, "inserting"), (1, "staging"), (1, "closing")]
    steps = []

    def watch(report: DatasetReport, step: str) -> None:
        steps.append(step)
        if cuts and cuts[0] == (report.files_done, step):
            cuts.pop(0)
            relay.cut()

    report = DatasetReport(bench.contract.dataset, "")
    load_with_retries(bench, replace(bench.settings, port=relay.port), watch, report)
    assert cuts == []
    assert sum(step.startswith("waiting") for step in steps) == 4
    assert is_right(bench)
    assert (report.files_done, report.rows_loaded, report.rows_rejected) == (2, 2, 2)


def test_a_load_fails_if_the_server_stays_away_for_all_pauses(bench, relay):
    put(bench, "a.csv", "1,a")

    def watch(report: DatasetReport, step: str) -> None:
        if step == "inserting":
            relay.hang_up()

    report = DatasetReport(bench.contract.dataset, "")
    settings = replace(bench.settings, port=relay.port)
    with pytest.raises(Unreachable, match="no Spark Thrift server answers"):
        load_with_retries(bench, settings, watch, report, pauses=(0.1, 0.2))
    lost, away = report.notes
    assert "the connection to" in lost and "tried again after 0.1 s" in lost
    assert "no Spark Thrift server answers" in away and "tried again after 0.2 s" in away


# ---- a disk that is full, and a folder that is read-only


@contextmanager
def full_disk(settings: Settings) -> Iterator[None]:
    """The server can write no file that is a megabyte larger than those of its metastore."""
    process = process_of(settings)
    metastore = (settings.home / "metastore").rglob("*")
    limit = max(path.stat().st_size for path in metastore) + 1_000_000
    _, hard = before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def fails_with(bench: Bench, reason: str) -> None:
    """The load fails with one readable reason; bronze and the quarantine stay as they are."""
    before = found(bench.session, bench.contract)[:2]
    with pytest.raises(LakehouseError, match=reason) as caught:
        bench.load()
    assert "\tat " not in caught.value.message
    assert len(caught.value.message) < 1000
    assert found(bench.session, bench.contract)[:2] == before


def test_a_full_disk_is_reported_and_the_next_load_is_clean(bench):
    put(bench, "a.csv", "1,first", "bad,first")
    bench.load()
    put(bench, "a.csv", "1,corrected")
    hashes = (hashlib.sha512(b"%d" % number).hexdigest() for number in range(BULK))
    put(bench, "b.csv", *(f"{number},{text}" for number, text in enumerate(hashes)))
    with full_disk(bench.settings):
        fails_with(bench, "File too large")
    bench.load()
    assert is_right(bench)


@pytest.mark.skipif(
    os.geteuid() == 0 and not unprivileged(), reason="root writes to read-only folders here"
)
def test_a_read_only_table_is_reported_and_the_next_load_is_clean(bench):
    put(bench, "a.csv", "1,first", "bad,first")
    bench.load()
    put(bench, "a.csv", "1,corrected")
    with read_only(table_folder(bench)):
        fails_with(bench, f"Mkdirs failed to create file:{table_folder(bench)}")
    bench.load()
    assert is_right(bench)


# ---- a server that does not answer


def test_a_load_without_a_server_fails_immediately(bench):
    away = replace(bench.settings, port=free_port())
    with pytest.raises(Unreachable, match=f"no Spark Thrift server answers at {away.address}"):
        run.load_all(away, [bench.contract])


def test_a_load_fails_if_the_server_never_answers(bench):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = replace(bench.settings, port=port, statement_timeout=0.5)
        message = f"the server at {settings.address} did not answer within 0.5 s"
        with pytest.raises(TimedOut, match=message):
            run.load_all(settings, [bench.contract])
