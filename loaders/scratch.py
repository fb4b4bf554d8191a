"""Scratch tables of a batch: external tables over its files, and its staged rows."""

import re

from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from loaders.contract import Contract

SCHEMA = "scratch"


class Scratch:
    """Scratch tables of one batch, named <table>__<batch number>__<load id>_<n>."""

    def __init__(self, contract: Contract, number: int, load_id: str):
        self._prefix = f"{contract.identifier}__{number}__{load_id}"
        self._tables: list[str] = []

    def new(self) -> str:
        """A new quoted table name; the caller creates the table."""
        self._tables.append(identifier(SCHEMA, f"{self._prefix}_{len(self._tables)}"))
        return self._tables[-1]

    def drop(self, session: Session) -> None:
        """Drop the tables; the files in the landing folder stay."""
        while self._tables:
            session.execute(f"drop table if exists {self._tables.pop()}")


def drop_leftovers(session: Session, contract: Contract, last: int) -> None:
    """Drop scratch tables of killed loaders: those of batches up to number `last`.

    The numbers up to `last` are taken, so those batches can no longer commit.
    """
    table = contract.identifier.lower()
    for _, name, _ in session.execute(f"show tables in {SCHEMA} like {literal(f'{table}__*')}"):
        found = re.fullmatch(rf"{re.escape(table)}__(\d+)__\w+", name)
        if found and int(found[1]) <= last:
            session.execute(f"drop table if exists {identifier(SCHEMA, name)}")
