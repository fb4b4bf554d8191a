"""The datasets of the chaos test, as plain data: what files may look like, and how they are to be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SOURCE = "chaos"


@dataclass(frozen=True)
class Field:
    """A column; `path` says where a JSON record has it."""

    name: str
    type: str
    required: bool = False
    path: str = ""


@dataclass(frozen=True)
class Dataset:
    """One table. `limit` is the share of a file's rows that may not fit."""

    name: str
    using: str
    fields: tuple[Field, ...]
    suffixes: tuple[str, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    mode: str = "files"
    # No file of a few dozen rows has just this share of misfits.
    limit: float = 0.341

    @property
    def location(self) -> str:
        return f"{SOURCE}/{self.name}"

    @property
    def table(self) -> str:
        return f"bronze.{SOURCE}_{self.name}"

    @property
    def separator(self) -> str:
        return str(self.options.get("sep", ","))

    @property
    def quote(self) -> str:
        return str(self.options.get("quote", '"'))

    @property
    def encoding(self) -> str:
        return str(self.options.get("encoding", "utf-8"))

    @property
    def header(self) -> bool:
        return bool(self.options.get("header", True))

    @property
    def whole(self) -> bool:
        """Whether a CSV field may span lines, or a JSON file is one array."""
        return bool(self.options.get("multiLine", False))

    @property
    def date_format(self) -> str:
        """As Python has it."""
        return _in_python(str(self.options.get("dateFormat", "yyyy-MM-dd")))

    @property
    def timestamp_format(self) -> str:
        """As Python has it; empty: ISO."""
        return _in_python(str(self.options.get("timestampFormat", "")))


def _in_python(pattern: str) -> str:
    for java, python in {
        "yyyy": "%Y",
        "MM": "%m",
        "dd": "%d",
        "HH": "%H",
        "mm": "%M",
        "ss": "%S",
    }.items():
        pattern = pattern.replace(java, python)
    return pattern


FIELDS = (
    Field("id", "int", required=True),
    Field("ticket_no", "bigint"),
    Field("amount", "decimal(8,2)"),
    Field("sold_on", "date"),
    Field("sold_at", "timestamp"),
    Field("weight", "double"),
    Field("note", "string"),
)

PLAIN = Dataset("plain", "csv", FIELDS, (".csv", ".csv", ".csv.gz", ".txt"))
SPANNING = Dataset(
    "spanning",
    "csv",
    (*FIELDS, Field("rate", "decimal(38,10)")),
    (".csv", ".csv.gz"),
    {"multiLine": True, "sep": ";"},
)
TURKISH = Dataset(
    "turkish",
    "csv",
    FIELDS,
    (".csv",),
    {
        "encoding": "windows-1254",
        "sep": "\t",
        "dateFormat": "dd.MM.yyyy",
        "timestampFormat": "dd.MM.yyyy HH:mm:ss",
    },
)
LINES = Dataset(
    "lines",
    "json",
    (*FIELDS, Field("city", "string", path="$.customer.city")),
    (".jsonl", ".json", ".jsonl.gz"),
)
ARRAYS = Dataset("arrays", "json", FIELDS, (".json", ".json.gz"), {"multiLine": True})
COLUMNAR = Dataset("columnar", "parquet", FIELDS, (".parquet", ".parquet", "/.parquet", "/"))
# The newest file is the whole table. Without a header a field's place says which it is.
NEWEST = Dataset(
    "newest",
    "csv",
    FIELDS,
    (".csv", ".dat"),
    {"header": False, "sep": "|", "quote": "'", "escape": "'"},
    mode="full",
)

DATASETS = (PLAIN, SPANNING, TURKISH, LINES, ARRAYS, COLUMNAR, NEWEST)
