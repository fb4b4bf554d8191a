"""An independent reading of a file: what bronze, the quarantine and the ledger must hold of it.

It knows the rules of docs/loading.md and the datasets, and nothing of the loader.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from functools import cache

import pyarrow as pa
from pyarrow import parquet

from tests.chaos.datasets import Dataset, Field
from tests.chaos.deliveries import Content

BAD_BYTES = "\N{REPLACEMENT CHARACTER}"
# A row that does not fit as a whole, whatever is said of its cells.
WHOLE = None


class Misfit(Exception):
    """A cell that does not fit."""


class Unusable(Exception):
    """Why a whole file cannot be used."""


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    `rows` are those that fit: a value for each field, and the rescued cells
    (sorted pairs of name and text). `misfits` has for each other row its
    (column, value) pairs, or WHOLE. A file that `unusable` says something of
    has neither.
    """

    rows: tuple[tuple, ...] = ()
    misfits: tuple[tuple[tuple[str, str | None], ...] | None, ...] = ()
    unusable: str = ""
    limit: float = 1

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.misfits)

    @property
    def held_back(self) -> bool:
        """Whether so many rows do not fit that none is landed."""
        return bool(self.count) and len(self.misfits) / self.count > self.limit

    @property
    def rejected(self) -> bool:
        return bool(self.unusable) or self.held_back


@cache
def read(dataset_name: str, name: str, content: Content) -> Reading:
    """Read a file of a dataset; `name` tells whether it is packed."""
    from tests.chaos.datasets import DATASETS

    [dataset] = [dataset for dataset in DATASETS if dataset.name == dataset_name]
    return read_as(dataset, name, content)


def read_as(dataset: Dataset, name: str, content: Content) -> Reading:
    """Read a file by a dataset's rules."""
    records = {"csv": _csv_records, "json": _json_records, "parquet": _parquet_records}[
        dataset.using
    ]
    rows, misfits = [], []
    try:
        if isinstance(content, bytes) and name.endswith(".gz"):
            content = gzip.decompress(content)
        for record in records(dataset, content):
            row, errors = _row(dataset, record) if record is not None else (None, WHOLE)
            if row is None:
                misfits.append(errors)
            else:
                rows.append(row)
    except (Unusable, OSError, EOFError, zlib.error, pa.ArrowException) as error:
        return Reading(unusable=str(error) or "unusable")
    return Reading(tuple(rows), tuple(misfits), limit=dataset.limit)


@dataclass(frozen=True)
class Record:
    """A row's cells by field name (texts, or parquet's values), and the cells of unknown columns."""

    cells: dict[str, object]
    unknown: dict[str, str]


def _row(dataset: Dataset, record: Record) -> tuple[tuple | None, tuple]:
    """The values of a record and its rescued cells; or None, and the cells that do not fit."""
    values, errors = [], []
    for field in dataset.fields:
        cell = record.cells.get(field.name)
        try:
            values.append(value_of(field, dataset, cell))
        except Misfit:
            errors.append((field.name, None if cell is None else str(cell)))
    if errors:
        return None, tuple(sorted(errors, key=repr))
    rescued = tuple(sorted(record.unknown.items())) or None
    return (*values, rescued), ()


# ---- cells


def value_of(field: Field, dataset: Dataset, cell: object) -> object:
    """What a cell is as the field's type; raises Misfit."""
    if cell is None or (cell == "" and field.type != "string"):
        if field.required:
            raise Misfit
        return None
    cast = _cast_text if isinstance(cell, str) else _cast_value
    return cast(field.type, dataset, cell)


def _cast_text(kind: str, dataset: Dataset, text: str) -> object:
    if kind == "string":
        return text
    if kind in ("int", "bigint"):
        return _integer(kind, _matched(r" *([+-]?\d+) *", text))
    if kind == "double":
        return _double(_matched(rf" *({FLOAT}) *", text))
    if kind.startswith("decimal"):
        return _decimal(
            kind, _matched(r" *([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?) *", text)
        )
    return (_date if kind == "date" else _timestamp)(dataset, text)


FLOAT = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


def _matched(pattern: str, text: str) -> str:
    found = re.fullmatch(pattern, text, re.ASCII)
    if not found:
        raise Misfit
    return found[1]


def _integer(kind: str, text: str) -> int:
    bits = {"int": 31, "bigint": 63}[kind]
    value = int(text)
    if not -(2**bits) <= value < 2**bits:
        raise Misfit
    return value


def _double(text: str) -> str:
    """As text, so that -0.0 and 0.0 differ."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Misfit
    return repr(value)


def _decimal(kind: str, text: str) -> Decimal:
    precision, scale = map(int, kind.removeprefix("decimal(").rstrip(")").split(","))
    with localcontext() as context:
        context.prec = 2000
        value = Decimal(text)
        places = Decimal(1).scaleb(-scale)
        exact = value.quantize(places)
        if exact != value or abs(value) >= Decimal(10) ** (precision - scale):
            raise Misfit
        # There is no -0.00 in Spark.
        return exact + 0


def _date(dataset: Dataset, text: str) -> str:
    return _by_pattern(text, dataset.date_format).date().isoformat()


def _timestamp(dataset: Dataset, text: str) -> str:
    if dataset.timestamp_format:
        return _shown(_by_pattern(text, dataset.timestamp_format))
    found = ISO.fullmatch(text)
    if not found or (found[4] and not found[3]):
        raise Misfit
    day, minute, second, fraction, zone = found.groups()
    moment = _by_pattern(f"{day} {minute}{second or ':00'}", "%Y-%m-%d %H:%M:%S")
    moment += timedelta(microseconds=int((fraction or ".0")[1:].ljust(6, "0")))
    if zone and zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:])
        moment -= (1 if zone[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)
    return _shown(moment)


def _by_pattern(text: str, pattern: str) -> datetime:
    """A text that is exactly of a pattern: Python would also take a day of one digit."""
    try:
        moment = datetime.strptime(text, pattern)
    except ValueError:
        raise Misfit from None
    if moment.strftime(pattern) != text:
        raise Misfit
    return moment


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _cast_value(kind: str, dataset: Dataset, value: object) -> object:
    """What a value of a parquet file is as a field's type."""
    if isinstance(value, datetime):
        if kind == "date":
            return value.date().isoformat()
        return _shown(value)
    if isinstance(value, date):
        return (
            value.isoformat()
            if kind == "date"
            else _shown(datetime(value.year, value.month, value.day))
        )
    if kind == "string":
        return str(value)
    if kind == "double":
        return repr(float(value))
    if kind.startswith("decimal"):
        return _decimal(kind, str(value))
    if value != int(value):
        raise Misfit
    return _integer(kind, str(int(value)))


# ---- names


def folded(name: str) -> str:
    """A name as columns are matched by it."""
    return re.sub(r"[ ,;{}()\n\t=]+", "_", name.strip().lower())


def _known(dataset: Dataset, names: list[str]) -> dict[str, Field]:
    """The fields that a file has, by the file's names; raises Unusable where they do not do."""
    fields = {folded(field.name): field for field in dataset.fields}
    found = [folded(name) for name in names]
    if absent := [
        field.name for name, field in fields.items() if field.required and name not in found
    ]:
        raise Unusable(f"lacks {absent}")
    if len(set(found)) < len(found):
        raise Unusable("names a column twice")
    return {name: fields[folded(name)] for name in names if folded(name) in fields}


# ---- csv


def _csv_records(dataset: Dataset, content: bytes) -> Iterator[Record | None]:
    text = content.decode(dataset.encoding, errors="replace").removeprefix("\ufeff")
    rows = _rows(dataset, text)
    names = [field.name for field in dataset.fields]
    if dataset.header:
        first = next(rows, None)
        if first is None:
            return
        names = [cell or "" for cell in first]
    known = _known(dataset, names)
    for cells in rows:
        if cells is None or len(cells) != len(names):
            yield None
            continue
        row = dict(zip(names, cells, strict=True))
        if any(cell and BAD_BYTES in cell for cell in cells):
            yield None
            continue
        unknown = {
            name: cell for name, cell in row.items() if name not in known and cell is not None
        }
        yield Record({known[name].name: row[name] for name in known}, unknown)


# Stands for two quotes with nothing between them, which Python's csv does not tell from nothing.
EMPTY = "\ue000"


def _rows(dataset: Dataset, text: str) -> Iterator[list[str | None] | None]:
    """Each row's cells, None for an empty one; None for a row with an open quote."""
    # A line is a row, unless fields may span lines.
    for chunk in [text] if dataset.whole else re.split("\r\n|\n", text):
        lines = io.StringIO(_mark_empty(dataset, chunk), newline="")
        reader = csv.reader(
            lines, delimiter=dataset.separator, quotechar=dataset.quote, strict=False
        )
        for cells in reader:
            if not dataset.whole and _is_open(dataset, chunk):
                yield None
            elif cells:
                yield ["" if cell == EMPTY else cell or None for cell in cells]


def _mark_empty(dataset: Dataset, text: str) -> str:
    """Puts EMPTY between two quotes that are a whole cell."""
    return "".join(
        quoted + EMPTY + quoted if cell == quoted * 2 else cell
        for quoted in [dataset.quote]
        for cell in _tokens(dataset, text)
    )


def _tokens(dataset: Dataset, text: str) -> list[str]:
    """The text cut into cells, as they stand, and what separates them."""
    quote, separator = re.escape(dataset.quote), re.escape(dataset.separator)
    cell = rf"{quote}(?:[^{quote}]|{quote}{quote})*(?:{quote}|$)[^{separator}\r\n]*|[^{separator}\r\n]+"
    return re.findall(rf"{cell}|{separator}|\r\n|\n|\r", text)


def _is_open(dataset: Dataset, line: str) -> bool:
    """Whether the last cell of a line opens a quote that it does not close."""
    last = (_tokens(dataset, line) or [""])[-1]
    return last.startswith(dataset.quote) and not re.fullmatch(
        "{0}(?:[^{0}]|{0}{0})*{0}[^{0}]*".format(re.escape(dataset.quote)), last
    )


# ---- json


class Number(str):
    """A number, as the text that it is."""


def _json_records(dataset: Dataset, content: bytes) -> Iterator[Record | None]:
    text = content.decode(errors="replace").removeprefix("\ufeff")
    if not dataset.whole:
        for line in re.split("\r\n|\n|\r", text):
            if line.strip(" "):
                yield None if BAD_BYTES in line else _json_record(dataset, _parsed(line))
        return
    if not text.strip():
        return
    whole = _parsed(text)
    for element in [whole] if isinstance(whole, Pairs) or not isinstance(whole, list) else whole:
        yield _json_record(dataset, element)


class Pairs(list):
    """An object, with all of its members."""


def _parsed(text: str) -> object:
    """What a text is as JSON; None where it is none."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=refuse,
            object_pairs_hook=Pairs,
        )
    except ValueError:
        return None


def _json_record(dataset: Dataset, found: object) -> Record | None:
    if not isinstance(found, Pairs):
        return None
    names = [folded(name) for name, _ in found]
    if len(set(names)) < len(names):
        return None
    members = dict(found)
    plain = {folded(field.name): field for field in dataset.fields if not field.path}
    cells = {
        plain[folded(name)].name: _as_text(value)
        for name, value in members.items()
        if folded(name) in plain
    }
    for field in dataset.fields:
        if field.path:
            cells[field.name] = _picked(found, field.path.removeprefix("$.").split("."))
    unknown = {
        name: _as_text(value) for name, value in members.items() if folded(name) not in plain
    }
    return Record(cells, {name: text for name, text in unknown.items() if text is not None})


def _picked(value: object, steps: list[str]) -> str | None:
    for step in steps:
        value = dict(value).get(step) if isinstance(value, Pairs) else None
    return _as_text(value)


def _as_text(value: object) -> str | None:
    """A JSON value as the text that it stands for; an object or array as compact JSON."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return str(value)
    return _compact(value)


def _compact(value: object) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{_compact(key)}:{_compact(member)}" for key, member in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


# ---- parquet


def _parquet_records(dataset: Dataset, content: Content) -> Iterator[Record | None]:
    parts = [("", content)] if isinstance(content, bytes) else content
    tables = [
        parquet.read_table(io.BytesIO(stored))
        for name, stored in parts
        if not name.startswith((".", "_"))
    ]
    for table in tables:
        known = _known(dataset, table.column_names)
        columns = {name: _python_values(table[name]) for name in table.column_names}
        for place in range(table.num_rows):
            row = {name: values[place] for name, values in columns.items()}
            unknown = {
                name: str(cell)
                for name, cell in row.items()
                if name not in known and cell is not None
            }
            yield Record({known[name].name: row[name] for name in known}, unknown)


def _python_values(column: pa.ChunkedArray) -> list:
    """A column's values; times to the microsecond, in UTC and without a zone."""
    if pa.types.is_timestamp(column.type):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
        ticks = column.cast(pa.int64()).to_pylist()
        return [None if tick is None else _moment(tick * (10**9 // per_second)) for tick in ticks]
    values = column.to_pylist()
    return [value.decode() if isinstance(value, bytes) else value for value in values]


def _moment(nanoseconds: int) -> datetime:
    if nanoseconds % 1000:
        raise AssertionError("finer than a microsecond: the datasets have no such times")
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (epoch + timedelta(microseconds=nanoseconds // 1000)).replace(tzinfo=None)
