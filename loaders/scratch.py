"""Scratch tables: the scans of a batch's files, and its staged rows. They are named after their batch."""

import re

from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from loaders.contract import Contract

SCHEMA = "landing"


class Scratch:
    """The scratch tables of one batch."""

    def __init__(self, contract: Contract, number: int, load_id: str):
        self._prefix = f"{contract.identifier}__{number}__{load_id}"
        self._tables: list[str] = []

    def new(self) -> str:
        """The quoted name of a table that is to be made."""
        self._tables.append(identifier(SCHEMA, f"{self._prefix}_{len(self._tables)}"))
        return self._tables[-1]

    def drop(self, session: Session) -> None:
        """Drop the tables; the files that they read stay."""
        while self._tables:
            session.execute(f"drop table if exists {self._tables.pop()}")


def drop_left(session: Session, contract: Contract, last: int) -> None:
    """Drop what loaders left that were killed: the tables of batches up to `last`, which can land nothing any more."""
    table = contract.identifier.lower()
    for _, name, _ in session.execute(f"show tables in {SCHEMA} like {literal(f'{table}__*')}"):
        found = re.fullmatch(rf"{re.escape(table)}__(\d+)__\w+", name)
        if found and int(found[1]) <= last:
            session.execute(f"drop table if exists {identifier(SCHEMA, name)}")
