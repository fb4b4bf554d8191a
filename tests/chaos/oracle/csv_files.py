"""The records of a CSV file, read with Python's csv module."""

import csv
import io
import re
from collections.abc import Iterator

from tests.chaos.datasets import Dataset
from tests.chaos.oracle.records import REPLACEMENT, Record, match_columns, record_of

# Marks a quoted empty cell: Python's csv module does not distinguish it from an unquoted one.
EMPTY = "\ue000"


def csv_records(dataset: Dataset, content: bytes) -> Iterator[Record | None]:
    """Each row's record, None for a malformed row; raises InvalidFile."""
    text = content.decode(dataset.encoding, errors="replace").removeprefix("\ufeff")
    rows = _rows(dataset, text)
    columns = [field.name for field in dataset.fields]
    if dataset.header:
        first = next(rows, None)
        if first is None:
            return
        columns = [cell or "" for cell in first]
    fields = match_columns(dataset, columns)
    for cells in rows:
        if (
            cells is None
            or len(cells) != len(columns)
            or any(cell and REPLACEMENT in cell for cell in cells)
        ):
            yield None
        else:
            yield record_of(fields, dict(zip(columns, cells, strict=True)))


def _rows(dataset: Dataset, text: str) -> Iterator[list[str | None] | None]:
    """The cells of each row, None for an empty cell; None for a row with an open quote."""
    for chunk in [text] if dataset.multi_line else re.split("\r\n|\n", text):
        lines = io.StringIO(_mark_empty(dataset, chunk), newline="")
        reader = csv.reader(
            lines, delimiter=dataset.separator, quotechar=dataset.quote, strict=False
        )
        for cells in reader:
            if not dataset.multi_line and _has_open_quote(dataset, chunk):
                yield None
            elif cells:
                yield ["" if cell == EMPTY else cell or None for cell in cells]


def _mark_empty(dataset: Dataset, text: str) -> str:
    """The text with EMPTY in each quoted empty cell."""
    quote = dataset.quote
    return "".join(
        quote + EMPTY + quote if token == quote * 2 else token for token in _tokens(dataset, text)
    )


def _tokens(dataset: Dataset, text: str) -> list[str]:
    """The raw cells, separators and line ends of a text."""
    quote, separator = re.escape(dataset.quote), re.escape(dataset.separator)
    quoted = rf"{quote}(?:[^{quote}]|{quote}{quote})*(?:{quote}|$)[^{separator}\r\n]*"
    return re.findall(rf"{quoted}|[^{separator}\r\n]+|{separator}|\r\n|\n|\r", text)


def _has_open_quote(dataset: Dataset, line: str) -> bool:
    """Whether the last cell of a line opens a quote that it does not close."""
    last = (_tokens(dataset, line) or [""])[-1]
    quote = re.escape(dataset.quote)
    closed = rf"{quote}(?:[^{quote}]|{quote}{quote})*{quote}[^{quote}]*"
    return last.startswith(dataset.quote) and not re.fullmatch(closed, last)
