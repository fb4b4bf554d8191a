"""The tables that a load needs: made where they are not there, and kept to the contract."""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from lakehouse.errors import LakehouseError
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session, SqlError
from loaders import ledger, statements
from loaders.contract import ROOM, Contract
from loaders.readers import SCRATCH

T = TypeVar("T")
ATTEMPTS = 10
# Another session wrote or made the same table meanwhile, or a file went away
# while it was read: look again and repeat.
REPEATABLE = (
    "ALREADY_EXISTS",
    "DELTA_CONCURRENT",
    "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
    "DELTA_DUPLICATE_COLUMNS_FOUND.ADDING_COLUMNS",
    "DELTA_METADATA_CHANGED",
    "DELTA_PROTOCOL_CHANGED",
    "FAILED_READ_FILE.FILE_NOT_EXIST",
    "PATH_NOT_FOUND",
    "TABLE_OR_VIEW_NOT_FOUND",
    "not a Delta table",
    "by another loader",
)
CONFLICT = ("DELTA_CONCURRENT",)
EVERY = ("",)


def repeatable(error: SqlError, words: Iterable[str] = REPEATABLE) -> bool:
    """Whether a statement may do when it is repeated."""
    return any(word in error.message for word in words)


def patiently(attempt: Callable[[], T], words: Iterable[str] = REPEATABLE) -> T:
    """What `attempt` returns once it meets none of these errors; ATTEMPTS times at the most."""
    for left in reversed(range(ATTEMPTS)):
        try:
            return attempt()
        except SqlError as error:
            if not left or not repeatable(error, words):
                raise
            time.sleep((ATTEMPTS - left) * secrets.SystemRandom().uniform(0.2, 0.6))


def prepare(session: Session, contract: Contract) -> list[str]:
    """Make what is missing, and bring bronze to the contract; returns bronze's columns.

    Raises LakehouseError when the contract has a type that bronze's values do
    not fit, and says what would be lost.
    """
    log, view = (tuple(name.split(".")) for name in (ledger.LOG, ledger.TABLE))
    wanted = {
        log: ledger.CREATE_LOG,
        view: ledger.CREATE,
        tuple(statements.QUARANTINE.split(".")): statements.CREATE_QUARANTINE,
        (contract.schema, contract.identifier): statements.create_bronze(contract),
    }
    schemas = {schema for schema, _ in wanted}
    for schema in {*schemas, SCRATCH} - {schema for (schema,) in session.execute("show schemas")}:
        session.execute(f"create schema if not exists {identifier(schema)}")
    there = {
        (schema, table)
        for name in schemas
        for schema, table, _ in session.execute(f"show tables in {identifier(name)}")
    }
    if view in there and log not in there:
        # A table that another loader renames meanwhile fails in many words.
        patiently(lambda: _upgrade(session), EVERY)
        there = there - {view} | {log}
    for table, statement in wanted.items():
        if table not in there:
            _make(session, table, statement)
    return patiently(lambda: _evolve(session, contract))


def _upgrade(session: Session) -> None:
    """Make a log of a ledger of former days, unless another loader has meanwhile; goes on where one was broken off."""
    schema, log = ledger.LOG.split(".")
    if not session.execute(f"show tables in {schema} like '{log}'"):
        held = [name for name, *_ in session.execute(f"describe query select * from {ledger.TABLE}")]
        for statement in ledger.upgrade(held):
            session.execute(statement)


def _make(session: Session, table: tuple[str, str], statement: str) -> None:
    try:
        patiently(lambda: session.execute(statement))
    except SqlError as error:
        found = re.search(r"associated location \('(.+)'\) is not empty", error.message)
        if not found:
            raise
        # A server that was killed here had written the table, and not told the metastore.
        try:
            session.execute(f"create table if not exists {identifier(*table)} using delta location {literal(found[1])}")
        except SqlError:
            raise LakehouseError(
                f"{'.'.join(table)} cannot be made: {found[1]} holds files that are no table, "
                "as a server leaves them that is killed while it makes one",
                "remove that folder, and load again",
            ) from None


def _evolve(session: Session, contract: Contract) -> list[str]:
    """Bring bronze to the contract; returns its columns, to which new ones are added at the end."""
    described = session.execute(f"describe query select * from {statements.bronze(contract)}")
    held = {name.lower(): type_ for name, type_, _ in described}
    if added := [column for column in contract.columns if column.name.lower() not in held]:
        session.execute(statements.add_columns(contract, added))
    for column in contract.columns:
        before = held.get(column.name.lower(), column.type)
        if before == column.type:
            continue
        try:
            for statement in statements.widen_column(contract, column):
                session.execute(statement)
        except SqlError as error:
            if repeatable(error):
                raise
            loss, remedy = _loss(session, contract, column, before)
            raise LakehouseError(
                f"source {contract.dataset}: column {column.name} is {before} in bronze and {column.type} in the "
                f"contract: {loss}",
                remedy,
            ) from None
    return [name for name, *_ in described] + [column.name for column in added]


def _loss(session: Session, contract: Contract, column, before: str) -> tuple[str, str]:
    """What a table would lose by a contract's type that it cannot be widened to, and what to do."""
    [(rows, lost, example)] = session.execute(statements.count_lost(contract, column, before))
    if not rows:
        table = f"{contract.schema}.{contract.identifier}"
        remedy = f"make it anew: lakehouse sql 'drop table {table}', and load again"
        return "Delta cannot change it in place, and the table is empty", remedy
    remedy = f"declare it as {before} and cast it in staging, or give the new type another name ({ROOM})"
    if not lost:
        return f"Delta cannot change it in place (all {rows:,} values would fit)", remedy
    return f"{lost:,} of {rows:,} rows would lose their value, such as {example}", remedy
