"""Benchmark: load and build two million sales, compared with a plain PySpark script.

python benchmarks/pipeline/bench.py       (starts its own servers; takes ten minutes)

The server is warm: it has loaded and built one file before. Then 20 more files arrive, and three
commands are timed: `lakehouse load`, `dbt run` and `dbt build` with its tests, of the sales. The
reference writes the tables of the same files in a new JVM, as a nightly script does.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, SPARK_CONF, Settings
from lakehouse.thrift import Session
from ops import jars, server

SALES = PROJECT / "landing" / "pos" / "sales" / "sales_data.csv"
CUSTOMERS = PROJECT / "landing" / "crm"
# The fact and all that it is made of.
SELECTED = ("-s", "+fct_sales")


@dataclass(frozen=True)
class Pair:
    """Seconds of our commands and of the reference."""

    load: float
    run: float
    build: float
    reference: float


def write_copies(folder: Path, copies: range) -> None:
    """Write copies of the sales, whose invoice numbers are a million apart, a file each."""
    header, *lines = SALES.read_text().splitlines()
    folder.mkdir(parents=True, exist_ok=True)
    for copy in copies:
        moved = (
            f"I{int(invoice[1:]) + copy * 1_000_000},{rest}"
            for invoice, rest in (line.split(",", 1) for line in lines)
        )
        (folder / f"sales_{copy:03}.csv").write_text("\n".join([header, *moved]) + "\n")


def timed(*command: str, environment: dict[str, str]) -> tuple[float, str]:
    """Seconds and output of a command; raises LakehouseError with its output when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True
    )
    if done.returncode:
        raise LakehouseError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began, done.stdout


def reference(landing: Path, warehouse: Path) -> tuple[float, str]:
    """Seconds of the script in a new JVM with the server's configuration, and its revenue."""
    environment = {
        "SPARK_HOME": str(jars.pyspark()),
        "SPARK_CONF_DIR": str(SPARK_CONF),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": f"--driver-class-path {jars.require()}/* pyspark-shell",
    }
    script = str(Path(__file__).with_name("reference.py"))
    seconds, output = timed(
        sys.executable, script, str(landing), str(warehouse), environment=environment
    )
    return seconds, output.split()[-1]


def measure(root: Path, copies: int, port: int) -> Pair:
    landing, home = root / "landing", root / "home"
    shutil.copytree(CUSTOMERS, landing / "crm")
    write_copies(landing / "pos" / "sales", range(1))
    settings = Settings(home, str(landing), "127.0.0.1", port)
    environment = {
        "LAKEHOUSE_HOME": str(home),
        "LAKEHOUSE_LANDING": str(landing),
        "LAKEHOUSE_THRIFT_PORT": str(port),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
    }
    build = ("dbt", "build", "--exclude-resource-type", "unit_test", *SELECTED)
    server.start(settings)
    try:
        for command in (("lakehouse", "load"), build):
            timed(*command, environment=environment)
        write_copies(landing / "pos" / "sales", range(1, copies))
        load, _ = timed("lakehouse", "load", environment=environment)
        run, _ = timed("dbt", "run", *SELECTED, environment=environment)
        tested, _ = timed(*build, environment=environment)
        with Session(settings) as session:
            [(revenue,)] = session.execute("select sum(total_amount) from gold.fct_sales")
    finally:
        server.stop(settings)
    seconds, found = reference(landing, root / "reference")
    if found != str(revenue):
        raise LakehouseError(f"gold has a revenue of {revenue}, the reference of {found}")
    return Pair(load, run, tested, seconds)


def row(pair: Pair) -> str:
    """One row of the table."""
    plain, tested = pair.load + pair.run, pair.load + pair.build
    return (
        f"| {pair.load:.1f} s | {pair.run:.1f} s | {pair.build:.1f} s | {pair.reference:.1f} s "
        f"| {plain / pair.reference:.2f} | {tested / pair.reference:.2f} |"
    )


@click.command()
@click.option("--copies", default=21, show_default=True, help="Times 99,457 sales.")
@click.option("--pairs", default=3, show_default=True)
@click.option("--port", default=10_920, show_default=True)
def main(copies: int, pairs: int, port: int) -> None:
    print("| Load | dbt run | dbt build | Reference | load + run | load + build |")
    print("|---|---|---|---|---|---|")
    for _ in range(pairs):
        root = Path(tempfile.mkdtemp(prefix="lakehouse-pipeline-"))
        try:
            print(row(measure(root, copies, port)), flush=True)
        finally:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
