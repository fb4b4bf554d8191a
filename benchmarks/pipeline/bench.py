"""Benchmark: load and build two million sales, compared with a plain PySpark script.

python benchmarks/pipeline/bench.py       (starts its own servers; takes ten minutes)

The server is warm: it has loaded and built one file before. Then 20 more files arrive, and three
commands are timed: `lakehouse load`, `dbt run` and, of all rows again, `dbt build` with its tests,
of the sales. The reference writes the tables of the same files in a new JVM, as a nightly script.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.sales import CUSTOMERS, environment_of, timed, write_sales
from lakehouse.errors import LakehouseError
from lakehouse.settings import SPARK_CONF, Settings
from lakehouse.thrift import Session
from ops import jars, server

# The fact and all that it is made of.
SELECTED = ("-s", "+fct_sales")


@dataclass(frozen=True)
class Pair:
    """Seconds of our commands and of the reference."""

    load: float
    run: float
    build: float
    reference: float


def reference(landing: Path, warehouse: Path) -> tuple[float, str]:
    """Seconds of the script in a new JVM with the server's configuration, and its revenue."""
    environment = {
        "SPARK_HOME": str(jars.pyspark()),
        "SPARK_CONF_DIR": str(SPARK_CONF),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": f"--driver-class-path {jars.require()}/* pyspark-shell",
    }
    script = str(Path(__file__).with_name("reference.py"))
    seconds, output = timed(sys.executable, script, str(landing), str(warehouse), **environment)
    return seconds, output.split()[-1]


def measure(root: Path, copies: int, port: int) -> Pair:
    landing, home = root / "landing", root / "home"
    shutil.copytree(CUSTOMERS, landing / "crm")
    write_sales(landing / "pos" / "sales", range(1))
    settings = Settings(home, str(landing), "127.0.0.1", port)
    environment = environment_of(settings)
    # Without the tests that also read models that are not selected.
    tests = ("--exclude-resource-type", "unit_test", "--indirect-selection", "buildable")
    build = ("dbt", "build", *tests, *SELECTED)
    server.start(settings)
    try:
        for command in (("lakehouse", "load"), build):
            timed(*command, **environment)
        write_sales(landing / "pos" / "sales", range(1, copies))
        load, _ = timed("lakehouse", "load", **environment)
        run, _ = timed("dbt", "run", *SELECTED, **environment)
        tested, _ = timed(*build, "--full-refresh", **environment)
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
