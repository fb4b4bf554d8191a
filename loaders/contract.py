"""The contract of a source table: its entry among the dbt sources.

Columns and types are the dbt columns and data_types, a `not_null` test marks
a required column, `external:` says where the files are and how to read them.
Read through dbt's manifest, so Jinja in the YAML is resolved.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ops.errors import LakehouseError
from ops.settings import PROJECT

FORMATS = ("csv", "parquet")
# What the loader adds to every bronze row; a source's YAML may describe them.
AUDIT_COLUMNS = ("_source_file", "_source_modified_at", "_load_id", "_loaded_at", "_rescued_data")
ROOM = "models/staging/<source>/_<source>__sources.yml"


@dataclass(frozen=True)
class Column:
    """A column of the contract; `type` is a Spark type, in lower case."""

    name: str
    type: str
    required: bool = False
    description: str = ""


@dataclass(frozen=True)
class Contract:
    """One source table. `location` is relative to the landing root."""

    source: str
    table: str
    schema: str
    identifier: str
    location: str
    using: str
    columns: tuple[Column, ...]
    options: dict[str, object] = field(default_factory=dict)
    description: str = ""

    def __post_init__(self):
        if self.using not in FORMATS:
            self._refuse(f"external.using is {self.using!r}", f"use one of {', '.join(FORMATS)}")
        if not self.location or Path(self.location).is_absolute() or ".." in Path(self.location).parts:
            self._refuse(
                f"external.location is {self.location!r}", "name a folder below the landing folder, as pos/sales"
            )
        if not self.columns:
            self._refuse("it declares no columns", "list its columns, each with a data_type")
        for column in self.columns:
            if not column.type:
                self._refuse(f"column {column.name} has no data_type", "give it one of Spark's types")
            if folded(column.name) != column.name.lower():
                self._refuse(
                    f"column {column.name!r} has a character that a table cannot have",
                    f"call it {folded(column.name)}: that matches {column.name!r} in the files",
                )
            if column.name.startswith("_"):
                self._refuse(f"column {column.name} begins with _", "those names are the loader's own: rename it")
        if len({column.name.lower() for column in self.columns}) < len(self.columns):
            self._refuse("it declares a column twice", "names differ by more than case")

    def _refuse(self, what: str, remedy: str) -> None:
        raise LakehouseError(f"source {self.dataset}: {what}", f"{remedy} ({ROOM})")

    @property
    def dataset(self) -> str:
        """`<source>.<table>`, as commands name it."""
        return f"{self.source}.{self.table}"

    def format_of(self, column: Column) -> str | None:
        """The date or timestamp pattern to read a column by; None: ISO."""
        kind = {"date": "dateFormat", "timestamp": "timestampFormat", "timestamp_ntz": "timestampNTZFormat"}
        pattern = self.options.get(kind.get(column.type, ""))
        return None if pattern is None else str(pattern)


def folded(name: str) -> str:
    """A column's name as files and contracts are matched by it: `Ticket No` -> `ticket_no`.

    Case does not count, and what a Delta column name cannot have is an underscore.
    """
    return re.sub(r"[ ,;{}()\n\t=]+", "_", name.strip().lower())


def normal_type(name: str) -> str:
    """A Spark type in one spelling: `Decimal(10, 2)` -> `decimal(10,2)`."""
    name = re.sub(r"\s+", "", name.lower())
    aliases = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}
    return aliases.get(name, re.sub(r"^(numeric|dec)\b", "decimal", name))


def parse_manifest(project: Path = PROJECT) -> dict:
    """dbt's manifest of the project, parsed now.

    Raises LakehouseError with dbt's own message when the project does not parse.
    """
    # Importing dbt takes a second, which commands without a contract need not wait for.
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(project), "--profiles-dir", str(project)]
    result = dbtRunner().invoke(["--quiet", "parse", *where, "--no-write-json"])
    if not result.success:
        raise LakehouseError(f"dbt cannot parse the project: {result.exception}", "run: dbt parse")
    return result.result.writable_manifest().to_dict(omit_none=False)


def contracts(manifest: dict) -> dict[str, Contract]:
    """Every source table with an `external:` entry, by its dataset name.

    Raises LakehouseError when one contradicts itself.
    """
    required = {
        (node, test["column_name"].lower())
        for test in manifest["nodes"].values()
        if (test.get("test_metadata") or {}).get("name") == "not_null" and test.get("column_name")
        for node in test["depends_on"]["nodes"]
    }
    found = {}
    for unique_id, source in manifest["sources"].items():
        external = source.get("external")
        if not external:
            continue
        columns = tuple(
            Column(
                name=column["name"],
                type=normal_type(column.get("data_type") or ""),
                required=(unique_id, column["name"].lower()) in required,
                description=" ".join(column.get("description", "").split()),
            )
            for column in source["columns"].values()
            if column["name"] not in AUDIT_COLUMNS
        )
        contract = Contract(
            source=source["source_name"],
            table=source["name"],
            schema=source["schema"],
            identifier=source["identifier"],
            location=str(external.get("location") or "").strip("/"),
            using=str(external.get("using", "")).lower(),
            columns=columns,
            options=dict(external.get("options") or {}),
            description=" ".join(source.get("description", "").split()),
        )
        found[contract.dataset] = contract
    return found


def chosen(every: dict[str, Contract], names: Iterable[str]) -> list[Contract]:
    """The contracts of the named datasets, in their order; all for no names."""
    names = list(names) or list(every)
    unknown = [name for name in names if name not in every]
    if unknown:
        raise LakehouseError(
            f"no source table is called {', '.join(unknown)}",
            f"use one of {', '.join(every) or 'none: declare one in ' + ROOM}",
        )
    return [every[name] for name in dict.fromkeys(names)]
