"""A new dataset on the shared server, for tests of the loader."""

import os
import time
from dataclasses import replace
from pathlib import Path

from lakehouse.settings import Settings
from lakehouse.sql import literal
from lakehouse.thrift import Session
from loaders import ledger, load, statements
from loaders.context import Context
from loaders.contract import Column, Contract, Rules
from loaders.listing import Landing
from loaders.report import DatasetReport

HEADER = "id,sold_on,amount,note"
COLUMNS = (
    Column("id", "int", required=True),
    Column("sold_on", "date"),
    Column("amount", "decimal(8,2)"),
    Column("note", "string"),
)


class Bench:
    """A new dataset on the shared server, with its own landing folder."""

    def __init__(self, settings: Settings, session: Session, name: str):
        self.settings, self.session, self.landing = settings, session, Landing(settings.landing)
        self.contract = Contract(
            source="bench",
            table=name,
            schema="bronze",
            identifier=f"bench_{name}",
            location=f"bench/{name}",
            using="csv",
            columns=COLUMNS,
            options={"dateFormat": "dd-MM-yyyy"},
            # Other tests check this threshold.
            rules=Rules(max_reject_ratio=1),
        )
        self.folder = Path(settings.landing, self.contract.location)
        self.folder.mkdir(parents=True)

    def change(self, rules: dict | None = None, **changes) -> None:
        """Change the contract of the dataset."""
        rules = replace(self.contract.rules, **(rules or {}))
        self.contract = replace(self.contract, rules=rules, **changes)

    def put(self, name: str, *lines: str, header: str = HEADER) -> None:
        """Write a CSV file to the landing folder."""
        self.put_bytes(name, ("\n".join([header, *lines]) + "\n").encode())

    def put_bytes(self, name: str, content: bytes) -> None:
        """Write any file to the landing folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        # A correction within the same millisecond would look like the same file.
        self._clock = getattr(self, "_clock", time.time()) + 1
        os.utime(path, (self._clock, self._clock))

    def load(self, **options) -> DatasetReport:
        return load.load(Context(self.session, self.landing, self.contract), **options)

    def rows(self, columns: str = "id, sold_on, amount, note") -> list[tuple]:
        return self.session.execute(
            f"select {columns} from {statements.bronze(self.contract)} order by all"
        )

    def quarantined(self) -> list[tuple]:
        return self.session.execute(
            "select source_file, record, errors.column, errors.value, errors.reason "
            f"from {ledger.QUARANTINE} where {self._of_dataset()} order by record"
        )

    def states(self) -> dict[str, str]:
        files = f"select source_file, state from {ledger.LEDGER} where {self._of_dataset()}"
        return dict(self.session.execute(files))

    def _of_dataset(self) -> str:
        return f"dataset = {literal(self.contract.dataset)}"

    def version(self) -> int:
        [row] = self.session.execute(f"describe history {statements.bronze(self.contract)} limit 1")
        return row[0]
