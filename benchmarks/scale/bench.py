"""Benchmark: load and build 1, 20 and 100 times the demo's sales with the laptop's configuration.

python benchmarks/scale/bench.py       (starts its own servers; takes half an hour)

Each factor has a new home and a new server: the first load and the first build, with all data
tests, as a user has them. The reference of a factor is the factor before it: time that grows like
the data has the ratio of the factors. Each copy of the sales is a file, with invoice numbers that
are a million above those of the copy before. Prints the table of docs/scaling.md.
"""

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.sales import CUSTOMERS, environment_of, timed, write_sales
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops import server


@dataclass(frozen=True)
class Run:
    """Figures of one factor; sizes in bytes, times in seconds."""

    factor: int
    rows: int
    source: int
    load: float
    build: float
    memory: int
    disk: int
    revenue: str


def size(folder: Path) -> int:
    """Bytes of the files in a folder, without those that vanish meanwhile."""
    sizes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                sizes += os.stat(os.path.join(parent, name)).st_size
    return sizes


@contextmanager
def peak_disk(folder: Path) -> Iterator[list[int]]:
    """The largest size of the folder so far, looked at once a second."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(1):
            peak[0] = max(peak[0], size(folder))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def peak_memory(settings: Settings) -> int:
    """The largest resident memory of the server so far, in bytes; Linux only."""
    process = server.recorded(settings)
    status = Path(f"/proc/{process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def measure(root: Path, factor: int, port: int) -> Run:
    landing, home = root / "landing", root / "home"
    shutil.copytree(CUSTOMERS, landing / "crm")
    rows = write_sales(landing / "pos" / "sales", range(factor))
    source = size(landing / "pos")
    settings = Settings(home, str(landing), "127.0.0.1", port)
    environment = environment_of(settings)
    # What Spark spills to disk counts too.
    os.environ["SPARK_LOCAL_DIRS"] = str(root)
    with peak_disk(root) as disk:
        server.start(settings)
        try:
            load, _ = timed("lakehouse", "load", **environment)
            build, _ = timed("dbt", "build", "--exclude-resource-type", "unit_test", **environment)
            with Session(settings) as session:
                ((revenue,),) = session.execute("select sum(total_amount) from gold.fct_sales")
            memory = peak_memory(settings)
        finally:
            server.stop(settings)
    return Run(factor, rows, source, load, build, memory, disk[0], f"{revenue:,}")


def row(run: Run, before: Run | None) -> str:
    """One row of the table, with the ratio of load and build to the run before."""
    both = run.load + run.build
    ratio = f"{both / (before.load + before.build):.1f}" if before else ""
    return (
        f"| {run.factor} | {run.rows:,} | {run.source / 1e6:.0f} MB | {run.load:.0f} s "
        f"| {run.build:.0f} s | {ratio} | {run.memory / 1e9:.1f} GB | {run.disk / 1e9:.1f} GB "
        f"| {run.revenue} |"
    )


@click.command()
@click.argument("factors", nargs=-1, type=int)
@click.option("--port", default=10_910, show_default=True)
def main(factors: tuple[int, ...], port: int) -> None:
    print("| Factor | Sales | CSV | Load | Build | Ratio | Memory | Disk | Revenue |")
    print("|---|---|---|---|---|---|---|---|---|")
    before = None
    for factor in factors or (1, 20, 100):
        root = Path(tempfile.mkdtemp(prefix="lakehouse-scale-"))
        try:
            run = measure(root, factor, port)
        finally:
            shutil.rmtree(root, ignore_errors=True)
        print(row(run, before), flush=True)
        before = run


if __name__ == "__main__":
    sys.exit(main())
