"""Parquet: columns are matched by name, and cast if their types differ from the contract."""

from collections.abc import Sequence

import pyarrow
from pyarrow import parquet

from lakehouse.sql import identifier
from lakehouse.thrift import SqlError
from loaders import cells, conditions
from loaders.cells import Cell
from loaders.context import Context
from loaders.formats.reader import (
    Drift,
    Parts,
    Reader,
    Rejected,
    as_json,
    by_contract,
    location,
    options_clause,
    place,
)
from loaders.listing import Part

# By default Spark does not read timestamps in nanoseconds, which pandas writes
# (https://github.com/apache/spark/pull/38312).
NANOSECONDS = "spark.sql.legacy.parquet.nanosAsLong"


def read_schema(context: Context, part: Part) -> tuple[str, ...]:
    """Names and types of the columns, from the footer. Raises Rejected if it cannot be read."""
    try:
        with context.landing.open(part) as stored:
            schema = parquet.read_schema(stored)
    except FileNotFoundError:
        raise
    except (OSError, pyarrow.ArrowException) as error:
        raise Rejected(f"it cannot be read as parquet: {error}") from error
    return tuple(f"{field.name} {field.type}" for field in schema)


def reader(context: Context, table: str, parts: Parts, names: Sequence[str]) -> Reader:
    """The reader of files with these columns; creates the scratch table.

    Raises Rejected for a type that Spark cannot read or cast.
    """
    nanoseconds = {name.rpartition(" timestamp[ns")[0] for name in names if " timestamp[ns" in name}
    if nanoseconds:
        context.session.execute(f"set {NANOSECONDS} = true")
    contract = context.contract
    try:
        types = _types(context, table, parts)
        # Columns are named c0, c1, …: a file may have names that the loader uses itself.
        aliases = {name: f"c{index}" for index, name in enumerate(types)}
        columns = tuple(f"{identifier(name)} as {alias}" for name, alias in aliases.items())
        made = {
            name: _cell(aliases[name], type_, name in nanoseconds) for name, type_ in types.items()
        }
        # Arrow writes a column of nulls as INT32 (https://github.com/apache/arrow/issues/11967).
        made |= {name: Cell("cast(null as string)") for name in types if f"{name} null" in names}
        drift = Drift.of(contract, types)
        known = by_contract(contract, made)
        _require_castable(context, f"(select {', '.join(columns)} from {table})", known)
    except SqlError as error:
        if conditions.is_transient(error):
            raise
        raise Rejected(f"Spark cannot read its columns: {error.sentence}") from error
    return Reader(
        table,
        tuple(parts),
        known,
        record=as_json(aliases),
        rescued=as_json({name: aliases[name] for name in drift.unknown}),
        unknown=drift.unknown,
        missing=drift.missing,
        similar=drift.similar,
        columns=columns,
    )


def _types(context: Context, table: str, parts: Parts) -> dict[str, str]:
    """Create the scratch table; returns the Spark types of its columns, by name."""
    session = context.session
    session.execute(
        f"create table {table} using parquet location {place(context.landing, parts[0][1])}"
    )
    types = {
        name: type_ for name, type_, _ in session.execute(f"describe query select * from {table}")
    }
    if not context.landing.local or len(parts) > 1:
        columns = ", ".join(f"{identifier(name)} {type_}" for name, type_ in types.items())
        session.execute(f"drop table {table}")
        session.execute(f"""
create table {table} ({columns})
using parquet options ({options_clause({"recursiveFileLookup": True})})
location {location(context, parts)}""")
    return types


def _cell(column: str, type_: str, nanoseconds: bool) -> Cell:
    if nanoseconds and type_ == "bigint":
        micros = f"if({column} % 1000 = 0, timestamp_micros({column} div 1000), null)"
        return Cell(micros, "timestamp", raw=column)
    if type_ in ("binary", "string"):
        # Null if the bytes are not UTF-8.
        return Cell(f"try_validate_utf8(cast({column} as string))", "string", raw=column)
    return Cell(column, type_)


def _require_castable(context: Context, rows: str, known: dict[str, Cell]) -> None:
    """Let Spark analyze the casts; it fails if a column cannot be cast to its contract type."""
    differing = [
        cells.value(known[column.name], column, context.contract.format_of(column))
        for column in context.contract.columns
        if column.name in known and known[column.name].type != column.type
    ]
    if differing:
        context.session.execute(f"describe query select {', '.join(differing)} from {rows}")
