"""The datasets of the chaos test: the columns, names and reader options of their files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SOURCE = "chaos"


@dataclass(frozen=True)
class Field:
    """A column; `path` is its JSONPath in a JSON record, empty for a column matched by name."""

    name: str
    type: str
    required: bool = False
    path: str = ""


@dataclass(frozen=True)
class Dataset:
    """One bronze table and its files.

    `suffixes` are the endings of file names; an ending that starts with "/" makes a directory.
    A file with a larger share of rejected rows than `max_reject_ratio` is rejected as a whole.
    """

    name: str
    using: str
    fields: tuple[Field, ...]
    suffixes: tuple[str, ...]
    options: Mapping[str, object] = field(default_factory=dict, hash=False)
    mode: str = "files"
    # No small file has exactly this ratio, so rounding makes no difference.
    max_reject_ratio: float = 0.341

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
    def multi_line(self) -> bool:
        """Whether a CSV field may span lines, or a JSON file is one array or object."""
        return bool(self.options.get("multiLine", False))

    @property
    def date_format(self) -> str:
        """The pattern of dates for strptime."""
        return _strptime_pattern(str(self.options.get("dateFormat", "yyyy-MM-dd")))

    @property
    def timestamp_format(self) -> str:
        """The pattern of timestamps for strptime; empty for ISO 8601."""
        return _strptime_pattern(str(self.options.get("timestampFormat", "")))


PATTERN_LETTERS = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}


def _strptime_pattern(pattern: str) -> str:
    for java, python in PATTERN_LETTERS.items():
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
# Without a header, the position of a field determines its column.
NEWEST = Dataset(
    "newest",
    "csv",
    FIELDS,
    (".csv", ".dat"),
    {"header": False, "sep": "|", "quote": "'", "escape": "'"},
    mode="full",
)

DATASETS = (PLAIN, SPANNING, TURKISH, LINES, ARRAYS, COLUMNAR, NEWEST)
