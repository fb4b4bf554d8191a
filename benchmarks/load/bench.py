"""Benchmark: a load, compared with a plain INSERT of the same files.

python benchmarks/load/bench.py        (starts its own server; takes some minutes)

Loads and references alternate on one warm server; each ratio is that of the medians. The reference
is one INSERT INTO … SELECT that reads the same files with the same options and writes the same
columns, without ledger, quarantine and exactly-once guarantee. The files repeat the sales of the
demo. Prints the table of docs/loading.md.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from lakehouse.settings import PROJECT, Settings
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from loaders import ledger, load, statements, tables
from loaders.context import Context
from loaders.contract import Contract, contracts
from loaders.listing import Landing
from ops import server
from ops.project import parse_sources

SALES = PROJECT / "landing" / "pos" / "sales" / "sales_data.csv"
# Pairs that are not counted: the JVM is still compiling.
WARM_UP = 3
REFERENCE = "bronze.benchmark_reference"
RAW = "scratch.benchmark_reference"


def write_sales(folder: Path, rows: int, files: int, reject_every: int = 0) -> None:
    """Write `rows` sales into `files` files; every `reject_every`th has an invalid quantity."""
    header, *lines = SALES.read_text().splitlines()
    quantity = header.split(",").index("quantity")
    folder.mkdir(parents=True)
    each = rows // files
    for number in range(files):
        some = [lines[(number * each + offset) % len(lines)] for offset in range(each)]
        if reject_every:
            for offset in range(0, each, reject_every):
                cells = some[offset].split(",")
                cells[quantity] = "many"
                some[offset] = ",".join(cells)
        (folder / f"sales_{number:05}.csv").write_text("\n".join([header, *some]) + "\n")


class Case:
    """One set of files, for the load and the reference."""

    def __init__(self, session: Session, root: Path, contract: Contract, name: str):
        self.session, self.name = session, name
        self.contract = replace(contract, table=name, identifier=f"benchmark_{name}", location=name)
        self.folder = root / name
        self.landing = Landing(str(root))

    def load(self) -> float:
        """Seconds of a load into a new table."""
        table = statements.bronze(self.contract)
        self.session.execute(f"drop table if exists {table}")
        tables.prepare(self.session, self.contract)
        return timed(lambda: load.load(Context(self.session, self.landing, self.contract)))

    def insert(self) -> float:
        """Seconds of the reference, with default settings of the session."""
        self.session.execute("reset")
        header = next(self.folder.iterdir()).open().readline().strip().split(",")
        cells = ", ".join(f"{identifier(name)} string" for name in header)
        for table in (REFERENCE, RAW):
            self.session.execute(f"drop table if exists {table}")
        self.session.execute(f"""
create table {REFERENCE} using delta
as select * from {statements.bronze(self.contract)} where false""")
        self.session.execute(f"""
create table {RAW} ({cells}, _corrupt_record string)
using csv options (
    header 'true', escape '"', columnNameOfCorruptRecord '_corrupt_record',
    recursiveFileLookup 'true'
)
location {literal(str(self.folder))}""")
        return timed(
            lambda: self.session.execute(f"""
insert into {REFERENCE}
select invoice_no, customer_id, category, try_cast(quantity as int), cast(price as decimal(18,2)),
    try_to_date(invoice_date, 'dd-MM-yyyy'), shopping_mall,
    _metadata.file_path, _metadata.file_modification_time, 'reference', current_timestamp(),
    cast(null as string)
from {RAW}""")
        )


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def compare(case: Case, pairs: int) -> str:
    """One row of the table: medians of the load and of the reference, and their ratio."""
    measured = [(case.load(), case.insert()) for _ in range(WARM_UP + pairs)][WARM_UP:]
    loads, inserts = (statistics.median(seconds) for seconds in zip(*measured, strict=True))
    name = case.name.replace("_", " ")
    return f"| {name} | {loads:.1f} s | {inserts:.1f} s | {loads / inserts:.2f} |"


def nothing_new(session: Session, case: Case, known: int) -> str:
    """One row of the table: a load without new files, with `known` files in the ledger."""
    case.load()
    table = tables.prepare(session, case.contract)
    session.execute(f"""
insert into {ledger.LOG} (
    dataset, table_id, source_file, state, load_id, batch, size_bytes, modified_at, etag,
    rows_loaded, rows_rejected, delta_version, closed_at
)
select {literal(case.contract.dataset)}, {literal(table.id)}, concat('gone/', id, '.csv'),
    'superseded', concat('benchmark_', id div 100), 1 + id div 100, id, current_timestamp(), '',
    0, 0, 1, current_timestamp()
from range({known})""")
    seconds = [
        timed(lambda: load.load(Context(session, case.landing, case.contract))) for _ in range(5)
    ]
    session.execute(f"delete from {ledger.LOG} where dataset = {literal(case.contract.dataset)}")
    return f"| nothing new, {known:,} files known | {statistics.median(seconds):.1f} s | | |"


def one_small_file(case: Case) -> str:
    """One row of the table: a load of one new file of 200 rows into an existing table."""
    lines = SALES.read_text().splitlines()[:201]
    seconds = []
    for number in range(20):
        (case.folder / f"small_{number}.csv").write_text("\n".join(lines) + "\n")
        seconds.append(timed(lambda: load.load(Context(case.session, case.landing, case.contract))))
    return f"| one file of 200 rows | {statistics.median(seconds[10:]):.1f} s | | |"


@click.command()
@click.option("--rows", default=2_000_000, show_default=True)
@click.option(
    "--files", default=5_000, show_default=True, help="Files of the case with many small ones."
)
@click.option("--pairs", default=5, show_default=True)
@click.option("--port", default=10_900, show_default=True)
def main(rows: int, files: int, pairs: int, port: int) -> None:
    contract = contracts(parse_sources())["pos.sales"]
    root = Path(tempfile.mkdtemp(prefix="lakehouse-benchmark-"))
    settings = Settings(root / "home", str(root), "127.0.0.1", port)
    try:
        write_sales(root / "clean", rows, 1)
        write_sales(root / "one_percent_rejected", rows, 1, reject_every=100)
        write_sales(root / "small_files", files * 20, files)
        server.start(settings)
        print(f"| {rows:,} rows, {files:,} files | load | INSERT | ratio |\n|---|---|---|---|")
        with Session(settings) as session:
            for name in ("clean", "one_percent_rejected", "small_files"):
                print(compare(Case(session, root, contract, name), pairs), flush=True)
            write_sales(root / "one_small_file", 200, 1)
            print(one_small_file(Case(session, root, contract, "one_small_file")), flush=True)
            print(nothing_new(session, Case(session, root, contract, "small_files"), 100_000))
    finally:
        server.stop(settings)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
