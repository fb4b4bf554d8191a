"""Benchmark: load and build 1, 20 and 100 times the demo's sales with the laptop's configuration.

python benchmarks/scale/bench.py       (starts its own servers; takes half an hour)

Each factor has a new home and a new server: the first load and the first build, with all data
tests, as a user has them. The reference of a factor is the factor before it: time that grows like
the data has the ratio of the factors. Each copy of the sales is a file, with invoice numbers that
are a million above those of the copy before. Prints the table of docs/scaling.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings
from lakehouse.thrift import Session
from ops import server

SALES = PROJECT / "landing" / "pos" / "sales" / "sales_data.csv"
CUSTOMERS = PROJECT / "landing" / "crm"


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


def write_sales(folder: Path, copies: int) -> int:
    """Write each copy of the sales into a file of its own; the rows written."""
    header, *lines = SALES.read_text().splitlines()
    sales = [line.split(",", 1) for line in lines]
    folder.mkdir(parents=True)
    for copy in range(copies):
        copied = (f"I{int(invoice[1:]) + copy * 1_000_000},{rest}" for invoice, rest in sales)
        (folder / f"sales_{copy:03}.csv").write_text("\n".join([header, *copied]) + "\n")
    return copies * len(lines)


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


def timed(*command: str, **environment: str) -> float:
    """Seconds of a command; raises LakehouseError with its output when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True
    )
    if done.returncode:
        raise LakehouseError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def measure(root: Path, factor: int, port: int) -> Run:
    landing, home = root / "landing", root / "home"
    shutil.copytree(CUSTOMERS, landing / "crm")
    rows = write_sales(landing / "pos" / "sales", factor)
    source = size(landing / "pos")
    settings = Settings(home, str(landing), "127.0.0.1", port)
    environment = {
        "LAKEHOUSE_HOME": str(home),
        "LAKEHOUSE_LANDING": str(landing),
        "LAKEHOUSE_THRIFT_PORT": str(port),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    # What Spark spills to disk counts too.
    os.environ["SPARK_LOCAL_DIRS"] = str(root)
    with peak_disk(root) as disk:
        server.start(settings)
        try:
            load = timed("lakehouse", "load", **environment)
            build = timed("dbt", "build", "--exclude-resource-type", "unit_test", **environment)
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
