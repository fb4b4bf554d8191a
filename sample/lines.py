"""Rows as lines of files, and whole files as bytes. The same rows give the same bytes."""

import io
import json
from collections.abc import Iterable
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from sample import times
from sample.catalogue import Product
from sample.tables import INTERACTIONS, Row, Table

to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
CSV_COLUMNS = (
    "interaction_id",
    "customer_id",
    "interaction_date",
    "interaction_type",
    "channel",
    "agent",
    "duration_seconds",
    "satisfaction",
    "updated_at",
    "is_deleted",
)
PRODUCT_SCHEMA = pa.schema(
    {
        "product_id": pa.string(),
        "name": pa.string(),
        "category": pa.string(),
        "unit_cost": pa.decimal128(18, 2),
        "list_price": pa.decimal128(18, 2),
        "valid_from": pa.date32(),
    }
)


def line(table: Table, row: Row) -> str:
    """A row as a line of its file, without the line's end."""
    shown = _shown(table, row)
    if table is INTERACTIONS:
        return ";".join(_cell(shown[name]) for name in CSV_COLUMNS)
    if not table.paths:
        return to_json(shown)
    document: dict = {}
    for name, value in shown.items():
        path = table.paths.get(name)
        if path:
            document.setdefault(path[0], {})[path[1]] = value
        else:
            document[name] = value
    return to_json(document)


def wrong_line(table: Table, row: Row) -> str:
    """A row as a line with a cell that is no value of its column's type."""
    column, value = table.wrong
    return line(table, row | {column: value})


def broken_line(table: Table, text: str) -> str:
    """A line that cannot be split into cells: JSON that was cut off, CSV with a field too many."""
    return f"{text};?" if table is INTERACTIONS else text[: len(text) * 2 // 3]


def content(table: Table, lines: Iterable[str], encoding: str = "utf-8") -> bytes:
    """A file of lines."""
    header = [";".join(CSV_COLUMNS)] if table is INTERACTIONS else []
    return "".join(f"{text}\n" for text in (*header, *lines)).encode(encoding)


def snapshot(price_list: Iterable[Product]) -> bytes:
    """A parquet file of versions of products. It names the version of pyarrow that wrote it."""
    products = list(price_list)
    columns = {
        "product_id": [one.product_id for one in products],
        "name": [one.name for one in products],
        "category": [one.category for one in products],
        "unit_cost": [Decimal(one.unit_cost).scaleb(-2) for one in products],
        "list_price": [Decimal(one.list_price).scaleb(-2) for one in products],
        "valid_from": [one.valid_from for one in products],
    }
    buffer = io.BytesIO()
    table = pa.table(columns, schema=PRODUCT_SCHEMA)
    pq.write_table(table, buffer, compression="none", use_dictionary=False, store_schema=False)
    return buffer.getvalue()


def _shown(table: Table, row: Row) -> Row:
    """A row with money as numbers and times as texts."""
    shown = dict(row)
    for name, kind in table.kinds.items():
        value = row[name]
        if isinstance(value, int):
            shown[name] = value / 100 if kind == "money" else times.text(value, table.hours)
    return shown


def _cell(value: object) -> str:
    """A cell of a CSV file; null is empty."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
