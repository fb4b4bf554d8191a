"""Creation of the tables of a load, and schema evolution of bronze by its contract."""

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
from loaders.columns import Column
from loaders.contract import SOURCES_YAML, Contract
from loaders.scratch import SCHEMA
from loaders.statements import bronze

# Table property with an id: a table that is recreated under the same name has a new id.
ID_PROPERTY = "lakehouse.table_id"
# Statistics of the other columns would take a fifth of a load: see decision 6.
STATISTICS_COLUMNS = "_source_file,_source_modified_at,_load_id,_loaded_at"
# Attempts to create a table that another loader may be creating, one second apart.
ATTEMPTS = 5


@dataclass(frozen=True)
class Table:
    """A bronze table: its id, and the types of its columns by name, in order."""

    id: str
    types: dict[str, str]


def find(session: Session, contract: Contract) -> Table | None:
    """The existing bronze table of a contract; None if it does not exist."""
    try:
        rows = session.execute(f"describe extended {bronze(contract)}")
    except SqlError as error:
        if error.not_found:
            return None
        raise
    names = [name for name, *_ in rows]
    types = {name: type_ for name, type_, _ in rows[: names.index("")]}
    properties = next((text for name, text, _ in rows if name == "Table Properties"), "")
    found = re.search(rf"{re.escape(ID_PROPERTY)}=([\w-]+)", properties)
    return Table(found[1] if found else "", types)


def prepare(session: Session, contract: Contract) -> Table:
    """Create the bronze table if needed, and migrate it to its contract.

    Raises LakehouseError if a type cannot be widened to the contract's type; the message has the
    number of values that the new type cannot hold. Raises it, and creates no table, if a date or
    timestamp pattern is not valid.
    """
    table = find(session, contract)
    if table is None:
        _check_patterns(session, contract)
    if table is None or not table.id:
        create(session, contract)
        table = find(session, contract)
    if table is None:
        raise LakehouseError(f"{bronze(contract)} was dropped during its creation", "load again")
    return Table(table.id, table.types | _evolve(session, contract, table.types))


def _check_patterns(session: Session, contract: Contract) -> None:
    """Raise LakehouseError for a date or timestamp pattern of the contract that Spark refuses."""
    for column in contract.columns:
        if pattern := contract.format_of(column):
            try:
                session.execute(f"select date_format(timestamp'2000-01-01', {literal(pattern)})")
            except SqlError as error:
                raise LakehouseError(
                    f"source {contract.dataset}: column {column.name} has the pattern {pattern!r}: "
                    f"{error.sentence}",
                    f"use one such as dd.MM.yyyy ({SOURCES_YAML})",
                ) from None


def create(session: Session, contract: Contract) -> None:
    """Create the schemas, the ledger, the quarantine and the bronze table, if they do not exist."""
    for schema in (contract.schema, ledger.LOG.partition(".")[0], SCHEMA):
        session.execute(f"create schema if not exists {identifier(schema)}")
    for name, statement in {**ledger.TABLES, bronze(contract): create_bronze(contract)}.items():
        _create_or_register(session, name, statement)
    found = find(session, contract)
    if found and not found.id:
        session.execute(
            f"alter table {bronze(contract)} set tblproperties ('{ID_PROPERTY}' = '{uuid.uuid4()}')"
        )


def create_bronze(contract: Contract) -> str:
    """Creates the bronze table; the change data feed is enabled from the first version on."""
    return f"""
create table if not exists {bronze(contract)} (
    {", ".join(map(_column, contract.columns))},
    _source_file string comment 'Path of the file, relative to the landing folder.',
    _source_modified_at timestamp comment 'Modification time of the file, UTC.',
    _load_id string comment 'Id of the batch that loaded the row.',
    _loaded_at timestamp comment 'When the batch was loaded, UTC.',
    _rescued_data string comment 'Cells of columns that are not in the contract, as JSON.'
) using delta
comment {literal(contract.description)}
tblproperties (
    'delta.enableChangeDataFeed' = 'true',
    'delta.dataSkippingStatsColumns' = '{STATISTICS_COLUMNS}',
    '{ID_PROPERTY}' = '{uuid.uuid4()}'
)"""


def _column(column: Column) -> str:
    return f"{identifier(column.name)} {column.type} comment {literal(column.description)}"


def _create_or_register(session: Session, name: str, statement: str) -> None:
    """Create a table.

    If its folder has files, register the table in it, or wait for the loader that creates it.
    """
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
            # A killed server may have written the table without registering it in the metastore.
            session.execute(
                f"create table if not exists {name} using delta location {literal(folder)}"
            )
            return
        time.sleep(1)
    raise LakehouseError(
        f"{name.replace('`', '')} cannot be created: {folder} has files but no table; "
        "a server that was killed during the creation leaves such files",
        "remove that folder, and load again",
    )


def _evolve(session: Session, contract: Contract, types: dict[str, str]) -> dict[str, str]:
    """Add and widen columns of bronze; returns the added columns, which are the last ones."""
    by_name = {name.lower(): type_ for name, type_ in types.items()}
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
            loss, remedy = _explain_loss(session, contract, column, before)
            raise LakehouseError(
                f"source {contract.dataset}: column {column.name} is {before} in bronze "
                f"and {column.type} in the contract: {loss}",
                remedy,
            ) from None
    return {column.name: column.type for column in added}


def _add_columns(contract: Contract, columns: Iterable[Column]) -> str:
    return f"alter table {bronze(contract)} add columns ({', '.join(map(_column, columns))})"


def _widen_column(contract: Contract, column: Column) -> tuple[str, str]:
    """Widens the type of a column, without rewriting the table."""
    table = bronze(contract)
    return (
        f"alter table {table} set tblproperties ('delta.enableTypeWidening' = 'true')",
        f"alter table {table} alter column {identifier(column.name)} type {column.type}",
    )


def _explain_loss(
    session: Session, contract: Contract, column: Column, before: str
) -> tuple[str, str]:
    """Why a column cannot get the contract's type, and the remedy."""
    cell = Cell(identifier(column.name), before)
    lost = cells.is_invalid(cell, column, cells.value(cell, column, None))
    [(rows, values, example)] = session.execute(f"""
select count(*), count_if({lost}), min(cast(if({lost}, {cell.expression}, null) as string))
from {bronze(contract)}""")
    if not rows:
        table = f"{contract.schema}.{contract.identifier}"
        remedy = f"recreate it: lakehouse sql 'drop table {table}', and load again"
        return "Delta cannot change it in place, and the table is empty", remedy
    remedy = f"declare it as {before} and cast it in staging, or rename the column ({SOURCES_YAML})"
    if not values:
        return (
            f"Delta cannot change it in place (the new type can hold all {rows:,} values)",
            remedy,
        )
    return f"the new type cannot hold {values:,} of {rows:,} values, such as {example}", remedy
