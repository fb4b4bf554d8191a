"""Samples as files in a landing folder."""

import csv
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

from sample.errors import SampleError
from sample.retailer import File, Retailer, Sample, delivered
from sample.silver import CURRENCIES, Rate
from sample.truth import Figure

FOLDERS = ("shop", "web", "support", "truth")
TRUTH = "truth/sample.jsonl"
# The files of the sample in a landing folder, one a line. Loaders ignore its name.
LISTED = ".sample"


def crm_customers(folder: Path) -> tuple[str, ...]:
    """The customer numbers of the parquet files in a folder; empty if it does not exist."""
    files = sorted(path for path in folder.rglob("*.parquet") if path.is_file())
    tables = (pq.read_table(path, columns=["customer_id"]) for path in files)
    return tuple(name for table in tables for name in table["customer_id"].to_pylist() if name)


def exchange_rates(file: Path) -> Rate | None:
    """The rates to lira in a CSV file; None if it does not exist.

    Its columns are rate_date, currency and rate_to_try. A day without a rate has the one before.
    """
    if not file.exists():
        return None
    days: dict[str, list[tuple[str, Decimal]]] = {}
    with file.open(newline="", encoding="utf-8") as text:
        for row in csv.DictReader(text):
            days.setdefault(row["currency"], []).append(
                (row["rate_date"], Decimal(row["rate_to_try"]))
            )
    for rates in days.values():
        rates.sort()

    def rate(currency: str, day: str) -> Decimal:
        if currency == "TRY":
            return Decimal(1)
        rates = days.get(currency, [])
        before = bisect_right(rates, day, key=lambda pair: pair[0])
        if not before:
            raise SampleError(
                f"{file} has no rate of {currency} on {day} or before",
                "begin the sample later, or add the rates to the file",
            )
        return rates[before - 1][1]

    return rate


def write_sample(sample: Sample, root: Path, rate: Rate | None = None) -> list[Figure]:
    """Write a sample and its truth below a folder, in place of an earlier one; returns the truth.

    Raises SampleError, and writes nothing, if the folders of the sample have other files, or if a
    currency has no rate on the first day.
    """
    retailer = Retailer(sample)
    if rate:
        # Fail before anything is written.
        for currency in CURRENCIES:
            rate(currency, sample.start.isoformat())
    with place(root) as write:
        for delivery in retailer.deliveries():
            for file in delivery.files:
                write(file)
        figures = retailer.truth.figures(rate)
        write(truth_file(figures, sample.last))
    return figures


def truth_file(figures: Iterable[Figure], last: date) -> File:
    """The file of the truth, delivered with the files of the last day."""
    data = "".join(f"{figure.line}\n" for figure in figures).encode()
    return File(TRUTH, data, delivered(last))


@contextmanager
def place(root: Path) -> Iterator[Callable[[File], None]]:
    """Write files in place of an earlier sample, with the function that the block gets.

    Files that remain of the earlier one are removed at the end. The files are listed in `.sample`,
    each before it is written, so that an interrupted sample can be replaced too.
    """
    root.mkdir(parents=True, exist_ok=True)
    listed = root / LISTED
    before = set(listed.read_text(encoding="utf-8").splitlines()) if listed.exists() else set()
    found = {
        path.relative_to(root).as_posix()
        for folder in FOLDERS
        for path in (root / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    if found - before:
        raise SampleError(
            f"{root / min(found - before)} is not a file of a sample",
            "move it away, or write the sample --into another folder",
        )
    written: set[str] = set()
    with listed.open("a", encoding="utf-8") as names:

        def write(file: File) -> None:
            written.add(file.path)
            print(file.path, file=names, flush=True)
            write_file(root, file)

        yield write
    for name in found - written:
        (root / name).unlink()
    listed.write_text("".join(f"{name}\n" for name in sorted(written)), encoding="utf-8")


def write_file(root: Path, file: File) -> None:
    """Write a file below a folder, whole, with its modification time."""
    path = root / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(file.data)
    os.utime(unfinished, (file.modified, file.modified))
    unfinished.replace(path)
