"""Kills, races and a full disk, tried on a disposable server of this module's own.

Every load ends in the tables that Python's csv module makes of the same files.
"""

import csv
import hashlib
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.sql import literal
from lakehouse.thrift import Session, TimedOut, Unreachable
from loaders import load, run, statements, tables
from loaders.context import Context
from loaders.contract import Column, Contract, Rules
from loaders.ledger import LEDGER, QUARANTINE
from loaders.listing import Landing
from loaders.plan import reread_none
from loaders.report import DatasetReport
from ops import server as spark
from tests.conftest import free_port

# A loader of its own process imports this module anew, and shares nothing with it.
SPAWN = multiprocessing.get_context("spawn")
BULK = 100_000
# A server that comes back is seen at once, and a slow machine has its time.
PAUSES = (0.5,) * 240


@dataclass
class Bench:
    """A dataset of its own, with its landing folder, on the disposable server."""

    settings: Settings
    name: str
    rules: Rules = field(default_factory=lambda: Rules(max_reject_ratio=1))

    def __post_init__(self):
        self.contract = Contract(
            source="faults",
            table=self.name,
            schema="bronze",
            identifier=f"faults_{self.name}",
            location=f"faults/{self.name}",
            using="csv",
            columns=(Column("id", "int", required=True), Column("note", "string")),
            rules=self.rules,
        )
        self.folder = Path(self.settings.landing, self.contract.location)
        self.folder.mkdir(parents=True)
        self.clock = time.time()

    @property
    def table_folder(self) -> Path:
        return self.settings.home / "warehouse" / "bronze.db" / self.contract.identifier

    def put(self, name: str, *lines: str) -> None:
        path = self.folder / name
        path.write_text("\n".join(["id,note", *lines]) + "\n")
        # A correction within the same millisecond would look like the same file.
        self.clock += 1
        os.utime(path, (self.clock, self.clock))

    def parquet(self) -> set[Path]:
        return set(self.table_folder.glob("*.parquet"))

    def version(self) -> int:
        return len(list(self.table_folder.glob("_delta_log/*.json")))

    def load(self, progress: load.Progress = lambda step: None) -> DatasetReport:
        with Session(self.settings) as session:
            return load.load(
                Context(session, Landing(self.settings.landing), self.contract), progress=progress
            )

    def expected(self) -> tuple[list, list, list]:
        """What bronze, the quarantine and the ledger should hold, by an independent reader."""
        landed, rejected, files = [], [], []
        for path in sorted(self.folder.iterdir()):
            name = f"{self.contract.location}/{path.name}"
            with open(path, newline="") as file:
                rows = [(row["id"], row["note"]) for row in csv.DictReader(file)]
            fits = [(int(id_), note, name) for id_, note in rows if id_.isdigit()]
            landed += fits
            rejected += [(name, id_) for id_, _ in rows if not id_.isdigit()]
            files.append((name, "loaded", len(rows), len(fits), len(rows) - len(fits)))
        return sorted(landed), sorted(rejected), files

    def found(self) -> tuple[list, list, list]:
        dataset = f"dataset = {literal(self.contract.dataset)}"
        bronze = f"select id, note, _source_file from {statements.bronze(self.contract)}"
        quarantine = f"select source_file, errors[0].value from {QUARANTINE} where {dataset}"
        ledger = f"select source_file, state, rows_read, rows_loaded, rows_rejected from {LEDGER} where {dataset}"
        with Session(self.settings) as session:
            return tuple(
                sorted(session.execute(statement)) for statement in (bronze, quarantine, ledger)
            )

    def is_right(self) -> bool:
        """Whether the tables hold every row of the files exactly once, and nothing is left open."""
        with Session(self.settings) as session:
            left = session.execute(f"show tables in scratch like '{self.contract.identifier}__*'")
        assert left == []
        found, expected = self.found(), self.expected()
        # Lists of 100,000 rows: pytest would take minutes to show how they differ.
        assert [len(table) for table in found] == [len(table) for table in expected]
        assert found[1:] == expected[1:]
        return found[0] == expected[0]


@pytest.fixture(scope="module")
def disposable(environment, tmp_path_factory) -> Iterator[Settings]:
    """The address of a second lakehouse; nothing runs there yet."""
    place = tmp_path_factory.mktemp("faults")
    settings = Settings(place / "home", str(place / "landing"), "127.0.0.1", free_port())
    yield settings
    spark.stop(settings)


@pytest.fixture
def bench(disposable, request) -> Bench:
    """A bench of the test's own; the server runs, also when the test before killed it."""
    start(disposable)
    name = "".join(
        letter if letter.isalnum() else "_" for letter in request.node.name.removeprefix("test_")
    )
    return Bench(disposable, name.lower())


def start(settings: Settings) -> None:
    """Start the server without root's right to write everywhere, where there is one."""
    code = "from lakehouse import settings as s; from ops import server; server.start(s.Settings.from_environment())"
    here = {
        "LAKEHOUSE_HOME": str(settings.home),
        "LAKEHOUSE_THRIFT_PORT": str(settings.port),
    }
    subprocess.run(
        [*unprivileged(), sys.executable, "-c", code], env={**os.environ, **here}, check=True
    )


def unprivileged() -> list[str]:
    """What drops root's right to write where file modes forbid it; nothing where that cannot be dropped."""
    drop = ["setpriv", "--bounding-set", "-dac_override"]
    able = (
        shutil.which("setpriv")
        and subprocess.run([*drop, "true"], capture_output=True).returncode == 0
    )
    return drop if os.geteuid() == 0 and able else []


def process_of(settings: Settings) -> psutil.Process:
    return spark.recorded(settings).alive()


def kill(process: psutil.Process) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"waited in vain for {what}"
        time.sleep(0.005)


# ---- in processes of their own


def load_and_die(bench: Bench, last_step: str, told: Path) -> None:
    """A loader that writes down each step, and is killed at `last_step`."""

    def progress(step: str) -> None:
        with open(told, "a") as file:
            file.write(f"{step}\n")
        if step == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    bench.load(progress)


def load_together(bench: Bench, barrier) -> None:
    """A loader that begins when the others do."""
    barrier.wait()
    bench.load()


# ---- loaders at once: first, so that they also race for the schemas, the ledger and the quarantine


@pytest.mark.parametrize("loaders", [4, 2])
def test_loaders_at_once_load_every_row_once(bench, loaders):
    for number in range(4):
        bench.put(
            f"{number}.csv", f"{number},fits", f"{number + 100},fits", f"bad {number},does not"
        )
    barrier = SPAWN.Barrier(loaders)
    processes = [SPAWN.Process(target=load_together, args=(bench, barrier)) for _ in range(loaders)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * loaders
    assert bench.is_right()


# ---- a loader that is killed


@pytest.fixture(scope="module")
def victim(disposable) -> Bench:
    """A bench whose loaders are killed, one after the other."""
    start(disposable)
    bench = Bench(disposable, "victim")
    bench.put("a.csv", "1,first", "2,first", "bad,first", "worse,first")
    bench.load()
    return bench


@pytest.mark.parametrize("step", load.STEPS)
def test_a_loader_killed_leaves_nothing_wrong_when(victim, tmp_path, step):
    victim.put("a.csv", f"1,corrected {step}", f"bad {step},corrected")
    victim.put(f"{step}.csv", f"3,{step}", f"bad {step},new")
    told = tmp_path / "told"
    process = SPAWN.Process(target=load_and_die, args=(victim, step, told))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert told.read_text().split()[-1] == step
    victim.load()
    assert victim.is_right()


def test_a_loader_killed_while_its_rows_are_written_leaves_nothing_wrong(victim, tmp_path):
    victim.put("a.csv", "1,corrected again", "bad,corrected")
    victim.put("bulk.csv", *(f"{number},bulk" for number in range(BULK)), "bad,new")
    told = tmp_path / "told"
    process = SPAWN.Process(target=load_and_die, args=(victim, "never", told))
    process.start()
    # The first attempt to land fails at the rows that do not fit; the next one is the one to hit.
    wait_for(
        lambda: told.exists() and told.read_text().endswith("staging\ninserting\n"),
        "the second landing",
    )
    before, version = victim.parquet(), victim.version()
    wait_for(lambda: victim.parquet() - before, "rows being written")
    process.kill()
    process.join()
    assert victim.version() == version
    assert told.read_text().split()[-1] == "inserting"
    victim.load()
    assert victim.is_right()


# ---- a server that is killed


@pytest.fixture
def half_made(bench, monkeypatch, tmp_path) -> Bench:
    """A bench whose server was killed when bronze's first commit was written and not yet in the metastore."""
    # A table in the making may be another loader's: that is waited for.
    monkeypatch.setattr(tables, "ATTEMPTS", 2)
    bench.put("a.csv", "1,fits", "bad,does not")
    with Session(bench.settings) as session:
        tables.prepare(session, bench.contract)
        shutil.copytree(bench.table_folder, tmp_path / "copy")
        session.execute(f"drop table {statements.bronze(bench.contract)}")
    shutil.copytree(tmp_path / "copy", bench.table_folder)
    return bench


def test_a_table_that_was_written_and_not_registered_is_registered(half_made):
    half_made.load()
    assert half_made.is_right()


def test_a_table_that_was_not_even_written_is_told_with_the_remedy(half_made):
    log = half_made.table_folder / "_delta_log"
    for commit in log.glob("*0.json"):
        commit.rename(commit.with_name(f".{commit.name}.tmp"))
    with pytest.raises(LakehouseError, match="has files but no table") as caught:
        half_made.load()
    assert str(half_made.table_folder) in caught.value.message
    shutil.rmtree(half_made.table_folder)
    half_made.load()
    assert half_made.is_right()


def test_a_load_goes_on_when_the_server_is_killed_at_each_step(bench):
    bench = Bench(bench.settings, "server_kills", replace(bench.rules, max_batch_files=1))
    bench.put("a.csv", "1,first", "bad,first", "worse,first")
    bench.load()
    bench.put("a.csv", *(f"{number},corrected" for number in range(BULK)), "bad,corrected")
    bench.put("b.csv", "1,new", "bad,new")
    # Files done when the server is killed, and the step. It is asked nothing between landed and closing.
    kills = [(0, "planned"), (0, "inserting"), (1, "staging"), (1, "closing")]
    seen, helpers = [], []

    def strike(step: str) -> None:
        if step == "inserting":
            before = bench.parquet()
            wait_for(lambda: bench.parquet() - before, "rows being written")
        kill(process_of(bench.settings))
        start(bench.settings)

    def watch(report: DatasetReport, step: str) -> None:
        seen.append(step)
        if kills and kills[0] == (report.files_done, step):
            kills.pop(0)
            server = process_of(bench.settings)
            helpers.append(threading.Thread(target=strike, args=(step,)))
            helpers[-1].start()
            if step != "inserting":
                server.wait()

    report = DatasetReport(bench.contract.dataset, "")
    run.Run(bench.settings, Landing(bench.settings.landing), reread_none, watch, PAUSES).load(
        bench.contract, report
    )
    for helper in helpers:
        helper.join()
    assert kills == []
    assert any(step.startswith("waiting") for step in seen)
    assert bench.is_right()
    assert (report.files_done, report.rows_loaded, report.rows_rejected) == (2, BULK + 1, 2)


# ---- a disk that takes no more


@contextmanager
def full_disk(settings: Settings) -> Iterator[None]:
    """No file of the server can grow beyond two megabytes."""
    process = process_of(settings)
    _, most = before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (2_000_000, most))
    yield
    process.rlimit(psutil.RLIMIT_FSIZE, before)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    yield
    folder.chmod(0o755)


def fails_with(bench: Bench, reason: str) -> None:
    """The load fails with one readable reason, and bronze and the quarantine stay as they are."""
    before = bench.found()[:2]
    with pytest.raises(LakehouseError, match=reason) as caught:
        bench.load()
    assert "\tat " not in caught.value.message
    assert len(caught.value.message) < 1000
    assert bench.found()[:2] == before


def test_a_full_disk_is_told_and_the_next_load_is_clean(bench):
    bench.put("a.csv", "1,first", "bad,first")
    bench.load()
    bench.put("a.csv", "1,corrected")
    bench.put(
        "b.csv",
        *(f"{number},{hashlib.sha256(b'%d' % number).hexdigest()}" for number in range(60_000)),
    )
    with full_disk(bench.settings):
        fails_with(bench, "File too large")
    bench.load()
    assert bench.is_right()


@pytest.mark.skipif(os.geteuid() == 0 and not unprivileged(), reason="root writes everywhere here")
def test_an_unwritable_table_is_told_and_the_next_load_is_clean(bench):
    bench.put("a.csv", "1,first", "bad,first")
    bench.load()
    bench.put("a.csv", "1,corrected")
    with unwritable(bench.table_folder):
        fails_with(bench, f"Mkdirs failed to create file:{bench.table_folder}")
    bench.load()
    assert bench.is_right()


# ---- a server that does not answer


def test_a_server_that_is_away_is_told_at_once(bench):
    away = replace(bench.settings, port=free_port())
    with pytest.raises(Unreachable, match=f"no Spark Thrift server answers at {away.address}"):
        run.load_all(away, [bench.contract])


def test_a_server_that_takes_the_connection_and_never_answers_is_left(bench):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings = replace(bench.settings, port=silent.getsockname()[1], statement_timeout=0.5)
        with pytest.raises(
            TimedOut, match=f"the server at {settings.address} did not answer within 0.5 s"
        ):
            run.load_all(settings, [bench.contract])


def test_a_statement_that_takes_too_long_is_left_and_its_session_with_it(bench):
    with Session(replace(bench.settings, statement_timeout=5)) as session:
        began = time.monotonic()
        with pytest.raises(TimedOut, match="did not answer within 5 s"):
            session.execute("select java_method('java.lang.Thread', 'sleep', 60000L)")
        # A late answer is never taken for that to another statement.
        with pytest.raises(TimedOut):
            session.execute("select 1")
    assert time.monotonic() - began < 9


def test_a_server_that_goes_away_for_good_is_waited_for_so_long_and_no_longer(bench):
    bench.put("a.csv", "1,fits")

    def watch(report: DatasetReport, step: str) -> None:
        if step == "inserting":
            kill(process_of(bench.settings))

    report = DatasetReport(bench.contract.dataset, "")
    with pytest.raises(Unreachable, match="no Spark Thrift server answers"):
        run.Run(
            bench.settings, Landing(bench.settings.landing), reread_none, watch, (0.1, 0.2)
        ).load(bench.contract, report)
    lost, away = report.notes
    assert "the connection to" in lost and "tried again after 0.1 s" in lost
    assert "no Spark Thrift server answers" in away and "tried again after 0.2 s" in away
