"""The tables of a load: made where they are not there, and bronze kept to its contract."""

import re
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from lakehouse.errors import LakehouseError
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session, SqlError
from loaders import cells, conditions, ledger
from loaders.cells import Cell
from loaders.contract import ROOM, Column, Contract
from loaders.scratch import SCHEMA
from loaders.statements import bronze

# The property that tells a table from another one that has its name later.
ID = "lakehouse.table_id"
# Bronze is read by batch and by file: minima of its other columns cost a fifth of a load.
SKIPPING = "_source_file,_source_modified_at,_load_id,_loaded_at"


# How often a table that another loader may be making is tried, a second apart.
ATTEMPTS = 5


@dataclass(frozen=True)
class Table:
    """A bronze table: its id, and its columns with their types in order."""

    id: str
    types: dict[str, str]


def find(session: Session, contract: Contract) -> Table | None:
    """The bronze table of a contract as it is; None where there is none."""
    try:
        rows = session.execute(f"describe extended {bronze(contract)}")
    except SqlError as error:
        if error.not_found:
            return None
        raise
    names = [name for name, *_ in rows]
    types = {name: type_ for name, type_, _ in rows[: names.index("")]}
    properties = next((text for name, text, _ in rows if name == "Table Properties"), "")
    found = re.search(rf"{re.escape(ID)}=([\w-]+)", properties)
    return Table(found[1] if found else "", types)


def prepare(session: Session, contract: Contract) -> Table:
    """The bronze table, made where it is not there, with all columns of its contract.

    Raises LakehouseError when the contract has a type that bronze's values do
    not fit, and says what would be lost.
    """
    table = find(session, contract)
    if table is None or not table.id:
        make(session, contract)
        table = find(session, contract)
    if table is None:
        raise LakehouseError(f"{bronze(contract)} was dropped while it was made", "load again")
    return Table(table.id, table.types | _evolve(session, contract, table.types))


def make(session: Session, contract: Contract) -> None:
    """Make the schemas, the ledger, the quarantine and the bronze table, as far as they are not there."""
    for schema in (contract.schema, ledger.LOG.partition(".")[0], SCHEMA):
        session.execute(f"create schema if not exists {identifier(schema)}")
    for name, statement in {**ledger.TABLES, bronze(contract): create_bronze(contract)}.items():
        _make(session, name, statement)
    found = find(session, contract)
    if found and not found.id:
        session.execute(
            f"alter table {bronze(contract)} set tblproperties ('{ID}' = '{uuid.uuid4()}')"
        )


def create_bronze(contract: Contract) -> str:
    """The bronze table, with its change feed on from the first version."""
    return f"""
create table if not exists {bronze(contract)} (
    {", ".join(map(_column, contract.columns))},
    _source_file string comment 'The landed file, relative to the landing folder.',
    _source_modified_at timestamp comment 'When the file was last modified, UTC.',
    _load_id string comment 'The batch that landed the row.',
    _loaded_at timestamp comment 'When the batch was landed, UTC.',
    _rescued_data string comment 'Cells of columns that the contract does not know, as JSON.'
) using delta
comment {literal(contract.description)}
tblproperties (
    'delta.enableChangeDataFeed' = 'true', 'delta.dataSkippingStatsColumns' = '{SKIPPING}', '{ID}' = '{uuid.uuid4()}'
)"""


def _column(column: Column) -> str:
    return f"{identifier(column.name)} {column.type} comment {literal(column.description)}"


def _make(session: Session, name: str, statement: str) -> None:
    """Make a table; where its folder has files, register what is there, or wait for another loader that makes it."""
    for _ in range(ATTEMPTS):
        try:
            session.execute(statement)
            return
        except SqlError as error:
            found = re.search(r"associated location \('(.+)'\) is not empty", error.message)
            if not found:
                raise
            folder = found[1]
        with suppress(SqlError):
            # A server that was killed here had written the table, and not told the metastore.
            session.execute(
                f"create table if not exists {name} using delta location {literal(folder)}"
            )
            return
        time.sleep(1)
    raise LakehouseError(
        f"{name.replace('`', '')} cannot be made: {folder} holds files that are no table, "
        "as a server leaves them that is killed while it makes one",
        "remove that folder, and load again",
    )


def _evolve(session: Session, contract: Contract, held: dict[str, str]) -> dict[str, str]:
    """Bring bronze to the contract; returns the columns that were added, which are the last ones."""
    by_name = {name.lower(): type_ for name, type_ in held.items()}
    added = [column for column in contract.columns if column.name.lower() not in by_name]
    if added:
        session.execute(_add_columns(contract, added))
    for column in contract.columns:
        before = by_name.get(column.name.lower(), column.type)
        if before == column.type:
            continue
        try:
            for statement in _widen_column(contract, column):
                session.execute(statement)
        except SqlError as error:
            if conditions.is_transient(error):
                raise
            loss, remedy = _loss(session, contract, column, before)
            raise LakehouseError(
                f"source {contract.dataset}: column {column.name} is {before} in bronze and {column.type} in the "
                f"contract: {loss}",
                remedy,
            ) from None
    return {column.name: column.type for column in added}


def _add_columns(contract: Contract, columns: Iterable[Column]) -> str:
    return f"alter table {bronze(contract)} add columns ({', '.join(map(_column, columns))})"


def _widen_column(contract: Contract, column: Column) -> tuple[str, str]:
    """Gives a column its contract's wider type, without a rewrite of the table."""
    table = bronze(contract)
    return (
        f"alter table {table} set tblproperties ('delta.enableTypeWidening' = 'true')",
        f"alter table {table} alter column {identifier(column.name)} type {column.type}",
    )


def _loss(session: Session, contract: Contract, column: Column, before: str) -> tuple[str, str]:
    """What a table would lose by a contract's type that it cannot be widened to, and what to do."""
    cell = Cell(identifier(column.name), before)
    lost = cells.unfit(cell, column, cells.value(cell, column, None))
    [(rows, values, example)] = session.execute(f"""
select count(*), count_if({lost}), min(cast(if({lost}, {cell.expression}, null) as string)) from {bronze(contract)}""")
    if not rows:
        table = f"{contract.schema}.{contract.identifier}"
        remedy = f"make it anew: lakehouse sql 'drop table {table}', and load again"
        return "Delta cannot change it in place, and the table is empty", remedy
    remedy = (
        f"declare it as {before} and cast it in staging, or give the new type another name ({ROOM})"
    )
    if not values:
        return f"Delta cannot change it in place (all {rows:,} values would fit)", remedy
    return f"{values:,} of {rows:,} rows would lose their value, such as {example}", remedy
