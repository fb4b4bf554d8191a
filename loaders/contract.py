"""The contract of a source table: its dbt source, read from dbt's manifest.

- `columns` with `data_type` are the schema; a `not_null` test makes a column required.
- `external` has the location, the format and the reader options of the files.
- `config.meta.loader` has the rules of the loader (see Rules).
"""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath

from lakehouse.errors import LakehouseError, WrongUsage

FORMATS = ("csv", "json", "parquet")
MODES = ("files", "full")
# Encodings that both Python and Java know: a pattern of the Python name, and the Java name.
CHARSETS = {
    r"utf-8": "UTF-8",
    r"ascii": "US-ASCII",
    r"utf-(16|32)(?:-([lb]e))?": r"UTF-\1\2",
    r"iso8859-(\d+)": r"ISO-8859-\1",
    r"cp(125\d)": r"windows-\1",
    r"cp(437|85[0-9]|86[0-9])": r"IBM\1",
    r"koi8-([ru])": r"KOI8-\1",
    r"(gb18030|gbk|big5|shift_jis)": r"\1",
    r"euc_(jp|kr)": r"EUC-\1",
}
# The loader adds these to every bronze row. A source's YAML may describe them.
AUDIT_COLUMNS = ("_source_file", "_source_modified_at", "_load_id", "_loaded_at", "_rescued_data")
SOURCES_YAML = "models/staging/<source>/_<source>__sources.yml"
JSON_PATH = re.compile(r"""\$(\.\w+|\[\d+\]|\["[^"]+"\]|\['[^']+'\])+""")


@dataclass(frozen=True)
class Column:
    """A column of the contract; `type` is a Spark type, in lower case.

    `path` is the column's path in JSON ($.customer.city); if it is empty, the name is the key.
    """

    name: str
    type: str
    required: bool = False
    description: str = ""
    path: str = ""


@dataclass(frozen=True)
class Rules:
    """The keys of `config.meta.loader`, with their defaults.

    mode: `files` (the table has the rows of all files) or `full` (of the newest file).
    max_reject_ratio: maximum ratio of rejects in a file, 0 to 1; above it, the file is rejected.
    glob: pattern of the files in the location, such as `*.csv` or `**/sales_*.csv`.
    grace_seconds: minimum age of a file, by its modification time.
    done_marker: name of a file that marks a complete file, such as `_SUCCESS` or `{name}.done`.
    allow_empty: whether a file without rows may empty the table in mode `full`.
    max_batch_files, max_batch_bytes: maximum size of a batch.
    """

    mode: str = "files"
    max_reject_ratio: float = 0.05
    glob: str = "**/*"
    grace_seconds: float = 0
    done_marker: str = ""
    allow_empty: bool = False
    max_batch_files: int = 10_000
    max_batch_bytes: int = 16 << 30


@dataclass(frozen=True)
class Contract:
    """One source table. `location` is relative to the landing folder."""

    source: str
    table: str
    schema: str
    identifier: str
    location: str
    using: str
    columns: tuple[Column, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    description: str = ""
    rules: Rules = Rules()

    def __post_init__(self):
        if self.using not in FORMATS:
            self._refuse(f"external.using is {self.using!r}", f"use one of {', '.join(FORMATS)}")
        if (
            not self.location
            or self.location.startswith("/")
            or ".." in PurePosixPath(self.location).parts
        ):
            self._refuse(
                f"external.location is {self.location!r}",
                "name a folder below the landing folder, such as pos/sales",
            )
        written = self.option("encoding", "charset", default="utf-8")
        if self.using == "json" and self.encoding != "utf-8":
            self._refuse(f"its encoding is {written}", "JSON is UTF-8: convert the files")
        if self.charset is None:
            self._refuse(
                f"its encoding is {written}",
                "use one such as utf-8, utf-16, iso-8859-9, windows-1254",
            )
        self._check_columns()
        self._check_rules()

    def _check_columns(self) -> None:
        if not self.columns:
            self._refuse("it has no columns", "list its columns, each with a data_type")
        for column in self.columns:
            if not column.type:
                self._refuse(
                    f"column {column.name} has no data_type", "give it one of Spark's types"
                )
            if folded(column.name) != column.name.lower():
                self._refuse(
                    f"column {column.name!r} has a character that Delta does not allow",
                    f"call it {folded(column.name)}: that matches {column.name!r} in the files",
                )
            if column.name.startswith("_"):
                self._refuse(
                    f"column {column.name} begins with _",
                    "rename it: these names are reserved for the loader",
                )
            if column.path and (self.using != "json" or not JSON_PATH.fullmatch(column.path)):
                self._refuse(
                    f"column {column.name} has path {column.path!r}",
                    "a JSON path looks like $.customer.city",
                )
        if len({column.name.lower() for column in self.columns}) < len(self.columns):
            self._refuse("it has a column twice", "names must differ by more than case")

    def _check_rules(self) -> None:
        rules = self.rules
        if rules.mode not in MODES:
            self._refuse(f"meta.loader.mode is {rules.mode!r}", f"use one of {', '.join(MODES)}")
        if not 0 <= rules.max_reject_ratio <= 1:
            self._refuse(
                f"meta.loader.max_reject_ratio is {rules.max_reject_ratio}",
                "use a number from 0 to 1",
            )
        if rules.max_batch_files < 1 or rules.max_batch_bytes < 1 or rules.grace_seconds < 0:
            self._refuse("a limit of meta.loader is too small", "use positive numbers")

    def _refuse(self, what: str, remedy: str) -> None:
        raise LakehouseError(f"source {self.dataset}: {what}", f"{remedy} ({SOURCES_YAML})")

    @property
    def dataset(self) -> str:
        """`<source>.<table>`, the name in commands."""
        return f"{self.source}.{self.table}"

    def option(self, *names: str, default: object = "") -> object:
        """Value of a reader option, by any of its names, ignoring case."""
        given = {key.lower(): value for key, value in self.options.items()}
        return next((given[name.lower()] for name in names if name.lower() in given), default)

    def switch(self, name: str, default: bool = False) -> bool:
        """Value of a boolean reader option."""
        return str(self.option(name, default=default)).lower() == "true"

    @property
    def encoding(self) -> str:
        """Python name of the encoding of the text files."""
        name = str(self.option("encoding", "charset", default="utf-8")).lower()
        try:
            return codecs.lookup(name).name
        except LookupError:
            return name

    @property
    def charset(self) -> str | None:
        """Java name of the encoding of the text files; None if Java or Python does not know it."""
        for python, java in CHARSETS.items():
            if found := re.fullmatch(python, self.encoding):
                return found.expand(java).upper() if java.startswith("UTF") else found.expand(java)
        return None

    def format_of(self, column: Column) -> str | None:
        """Date or timestamp pattern of a column; None for ISO 8601 and other types."""
        kinds = {
            "date": "dateFormat",
            "timestamp": "timestampFormat",
            "timestamp_ntz": "timestampNTZFormat",
        }
        # Without a pattern Spark's cast accepts a year, as January 1.
        default = "yyyy-MM-dd" if column.type == "date" else None
        pattern = self.option(kinds[column.type], default=default) if column.type in kinds else None
        return None if pattern is None else str(pattern)


# Delta does not allow these in column names.
INVALID_CHARACTERS = r"[ ,;{}()\n\t=]+"


def folded(name: str) -> str:
    """Column name for matching files with contracts: `Ticket No` -> `ticket_no`.

    In lower case; characters that Delta does not allow become an underscore.
    """
    return re.sub(INVALID_CHARACTERS, "_", name.strip().lower())


def normal_type(name: str) -> str:
    """Canonical name of a Spark type: `Decimal(10, 2)` -> `decimal(10,2)`."""
    name = re.sub(r"\s+", "", name.lower())
    aliases = {
        "integer": "int",
        "long": "bigint",
        "short": "smallint",
        "byte": "tinyint",
        "real": "float",
    }
    name = aliases.get(name, re.sub(r"^(numeric|dec)\b", "decimal", name))
    # Spark's default is decimal(10,0).
    return re.sub(r"^decimal(\((\d+)\))?$", lambda found: f"decimal({found[2] or 10},0)", name)


def _loader_meta(node: Mapping) -> Mapping:
    """`meta.loader` of a source table or column; dbt has it in `meta` or in `config.meta`."""
    meta = {**(node.get("meta") or {}), **((node.get("config") or {}).get("meta") or {})}
    return meta.get("loader") or {}


def _rules(dataset: str, meta: Mapping) -> Rules:
    known = [field.name for field in fields(Rules)]
    if unknown := sorted(set(meta) - set(known)):
        raise LakehouseError(
            f"source {dataset}: meta.loader has {', '.join(unknown)}",
            f"use {', '.join(known)} ({SOURCES_YAML})",
        )
    return Rules(**meta)


def _requires(test: Mapping) -> bool:
    """Whether a test is a `not_null` test that fails for any null: no `where` and no warning."""
    if (test.get("test_metadata") or {}).get("name") != "not_null" or not test.get("column_name"):
        return False
    config = test.get("config") or {}
    always = (config.get("severity") or "error").lower() == "error" and not config.get("where")
    return always and config.get("error_if", "!= 0").replace(" ", "") in ("!=0", ">0", ">=1")


def contracts(manifest: dict) -> dict[str, Contract]:
    """Contracts of all source tables with an `external:` entry, by dataset name.

    A column is required if it has a `not_null` test that fails for any null. Raises LakehouseError
    if a contract is not valid.
    """
    required = {
        (node, test["column_name"].lower())
        for test in manifest["nodes"].values()
        if _requires(test)
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
                path=_loader_meta(column).get("path", ""),
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
            rules=_rules(f"{source['source_name']}.{source['name']}", _loader_meta(source)),
        )
        found[contract.dataset] = contract
    return found


def chosen(every: dict[str, Contract], names: Iterable[str]) -> list[Contract]:
    """The contracts of the named datasets, in the order of the names; all if there are no names."""
    names = list(names) or list(every)
    unknown = [name for name in names if name not in every]
    if unknown:
        raise WrongUsage(
            f"no source table is called {', '.join(unknown)}",
            f"use one of {', '.join(every) or 'none: declare one in ' + SOURCES_YAML}",
        )
    return [every[name] for name in dict.fromkeys(names)]
