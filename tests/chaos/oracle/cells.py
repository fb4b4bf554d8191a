"""Casts of cells to the types of their columns, by the rules of docs/loading.md."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

from tests.chaos.datasets import Dataset, Field


class InvalidCell(Exception):
    """The column's type cannot hold the cell exactly, or a required cell is empty."""


def cell_value(field: Field, dataset: Dataset, cell: object) -> object:
    """A text or a parquet value, cast to the field's type; raises InvalidCell.

    Doubles, dates and timestamps are returned as texts: repr, ISO, and ISO with microseconds.
    """
    if cell is None or (cell == "" and field.type != "string"):
        if field.required:
            raise InvalidCell
        return None
    cast = _cast_text if isinstance(cell, str) else _cast_value
    return cast(field.type, dataset, cell)


INTEGER = r" *([+-]?\d+) *"
DECIMAL = r" *([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?) *"
DOUBLE = r" *([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?) *"
ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


def _cast_text(kind: str, dataset: Dataset, text: str) -> object:
    if kind == "string":
        return text
    if kind in ("int", "bigint"):
        return _integer(kind, _matched(INTEGER, text))
    if kind == "double":
        return _double(_matched(DOUBLE, text))
    if kind.startswith("decimal"):
        return _decimal(kind, _matched(DECIMAL, text))
    return (_date if kind == "date" else _timestamp)(dataset, text)


def _matched(pattern: str, text: str) -> str:
    match = re.fullmatch(pattern, text, re.ASCII)
    if not match:
        raise InvalidCell
    return match[1]


def _integer(kind: str, text: str) -> int:
    bits = {"int": 31, "bigint": 63}[kind]
    value = int(text)
    if not -(2**bits) <= value < 2**bits:
        raise InvalidCell
    return value


def _double(text: str) -> str:
    """As text, so that -0.0 and 0.0 differ."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise InvalidCell
    return repr(value)


def _decimal(kind: str, text: str) -> Decimal:
    precision, scale = map(int, kind.removeprefix("decimal(").rstrip(")").split(","))
    with localcontext() as context:
        context.prec = 2000
        value = Decimal(text)
        exact = value.quantize(Decimal(1).scaleb(-scale))
        if exact != value or abs(value) >= Decimal(10) ** (precision - scale):
            raise InvalidCell
        # Spark has no -0.00.
        return exact + 0


def _date(dataset: Dataset, text: str) -> str:
    return _parsed(text, dataset.date_format).date().isoformat()


def _timestamp(dataset: Dataset, text: str) -> str:
    if dataset.timestamp_format:
        return _iso(_parsed(text, dataset.timestamp_format))
    match = ISO.fullmatch(text)
    if not match or (match[4] and not match[3]):
        raise InvalidCell
    day, minute, second, fraction, zone = match.groups()
    moment = _parsed(f"{day} {minute}{second or ':00'}", "%Y-%m-%d %H:%M:%S")
    moment += timedelta(microseconds=int((fraction or ".0")[1:].ljust(6, "0")))
    if zone and zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:])
        moment -= (1 if zone[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)
    return _iso(moment)


def _parsed(text: str, pattern: str) -> datetime:
    try:
        moment = datetime.strptime(text, pattern)
    except ValueError:
        raise InvalidCell from None
    # strptime also accepts a day or month of one digit.
    if moment.strftime(pattern) != text:
        raise InvalidCell
    return moment


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _cast_value(kind: str, dataset: Dataset, value: object) -> object:
    if isinstance(value, datetime):
        return value.date().isoformat() if kind == "date" else _iso(value)
    if isinstance(value, date):
        midnight = datetime(value.year, value.month, value.day)
        return value.isoformat() if kind == "date" else _iso(midnight)
    if kind == "string":
        return str(value)
    if kind == "double":
        return repr(float(value))
    if kind.startswith("decimal"):
        return _decimal(kind, str(value))
    if value != int(value):
        raise InvalidCell
    return _integer(kind, str(int(value)))
