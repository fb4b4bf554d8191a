"""The expected rows of a file in bronze and in the quarantine."""

import gzip
import zlib
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from tests.chaos.datasets import Dataset
from tests.chaos.deliveries import Content
from tests.chaos.oracle.cells import InvalidCell, cell_value
from tests.chaos.oracle.csv_files import csv_records
from tests.chaos.oracle.json_files import json_records
from tests.chaos.oracle.parquet_files import parquet_records
from tests.chaos.oracle.records import InvalidFile, Record

# A malformed row: its cells in the quarantine are not defined.
MALFORMED = None


@dataclass(frozen=True)
class Reading:
    """The rows of a file.

    `rows` has the valid rows: a value for each field, and last the rescued cells (sorted pairs of
    column and text, or None).
    `rejects` has the rejects: sorted pairs (field, text) of the invalid cells, or MALFORMED.
    `file_error` is the reason if the file is rejected before its rows are read.
    """

    rows: tuple[tuple, ...] = ()
    rejects: tuple[tuple[tuple[str, str | None], ...] | None, ...] = ()
    file_error: str = ""
    max_reject_ratio: float = 1

    @property
    def count(self) -> int:
        """The number of rows, including rejects."""
        return len(self.rows) + len(self.rejects)

    @property
    def over_limit(self) -> bool:
        """Whether the file has too many rejects."""
        return bool(self.count) and len(self.rejects) / self.count > self.max_reject_ratio

    @property
    def rejected(self) -> bool:
        """Whether the file is rejected as a whole."""
        return bool(self.file_error) or self.over_limit


RECORDS = {"csv": csv_records, "json": json_records, "parquet": parquet_records}


@cache
def read(dataset: Dataset, name: str, content: Content) -> Reading:
    """Read a file of a dataset; *.gz is decompressed."""
    rows, rejects = [], []
    try:
        if isinstance(content, bytes) and name.endswith(".gz"):
            content = gzip.decompress(content)
        for record in RECORDS[dataset.using](dataset, content):
            row, reject = _row(dataset, record) if record else (None, MALFORMED)
            if row is None:
                rejects.append(reject)
            else:
                rows.append(row)
    except (InvalidFile, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        return Reading(file_error=str(error) or type(error).__name__)
    return Reading(tuple(rows), tuple(rejects), max_reject_ratio=dataset.max_reject_ratio)


def _row(dataset: Dataset, record: Record) -> tuple[tuple | None, tuple]:
    """The values and rescued cells of a record, or None and its invalid cells."""
    values, invalid = [], []
    for field in dataset.fields:
        cell = record.cells.get(field.name)
        try:
            values.append(cell_value(field, dataset, cell))
        except InvalidCell:
            invalid.append((field.name, None if cell is None else str(cell)))
    if invalid:
        return None, tuple(sorted(invalid, key=repr))
    rescued = tuple(sorted(record.unknown.items())) or None
    return (*values, rescued), ()
