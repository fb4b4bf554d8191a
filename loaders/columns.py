"""Columns of a contract: names, types and number formats, and what makes one invalid."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# The loader adds these to every bronze row. A source's YAML may describe them.
AUDIT_COLUMNS = ("_source_file", "_source_modified_at", "_load_id", "_loaded_at", "_rescued_data")
JSON_PATH = re.compile(r"""\$(\.\w+|\[\d+\]|\["[^"]+"\]|\['[^']+'\])+""")
FIRST_STEP = re.compile(r"""\$(?:\.(\w+)|\["([^"]+)"\]|\['([^']+)'\])""")
INTEGERS = ("tinyint", "smallint", "int", "bigint")
NUMBERS = (*INTEGERS, "decimal(p,s)", "double", "float")
TYPES = ("string", "boolean", *NUMBERS, "date", "timestamp", "timestamp_ntz")
# Only parquet has values of these; a text cannot be cast to them.
NESTED = ("array<…>", "map<…>", "struct<…>")
DECIMAL_MARKS = ".,"
THOUSANDS_MARKS = ".,'\N{RIGHT SINGLE QUOTATION MARK}_ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
# Delta does not allow these in column names.
INVALID_CHARACTERS = r"[ ,;{}()\n\t=]+"


@dataclass(frozen=True)
class Column:
    """A column of the contract; `type` is a Spark type, in lower case.

    file_name: the column's name in the files; if it is empty, `name` is.
    path: the column's path in JSON ($.customer.city); if it is empty, the name is the key.
    decimal, thousands: the marks in the texts of a number; no thousands mark if it is empty.
    """

    name: str
    type: str
    required: bool = False
    description: str = ""
    path: str = ""
    file_name: str = ""
    decimal: str = "."
    thousands: str = ""

    @property
    def key(self) -> str:
        """The folded name in the files."""
        return folded(self.file_name or self.name)

    @property
    def is_number(self) -> bool:
        """Whether its type is a number."""
        return self.type in NUMBERS or self.type.startswith("decimal")

    @property
    def localized(self) -> bool:
        """Whether the texts of its numbers have other marks than a decimal point."""
        return (self.decimal, self.thousands) != (".", "")

    @property
    def root(self) -> str:
        """The folded key of the value that the path is in; empty without such a key."""
        found = FIRST_STEP.match(self.path)
        return folded(next(filter(None, found.groups()))) if found else ""


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
        "timestamp_ltz": "timestamp",
    }
    name = aliases.get(name, re.sub(r"^(numeric|dec)\b", "decimal", name))
    # Spark's default is decimal(10,0).
    return re.sub(r"^decimal(\((\d+)\))?$", lambda found: f"decimal({found[2] or 10},0)", name)


def problems(columns: Sequence[Column], using: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the columns of a contract, each with its remedy."""
    if not columns:
        yield "it has no columns", "list its columns, each with a data_type"
    for column in columns:
        yield from _name_problems(column)
        yield from _type_problems(column, using)
        yield from _file_problems(column, using)
    if len({column.name.lower() for column in columns}) < len(columns):
        yield "it has a column twice", "names must differ by more than case"
    keys = [column.key for column in columns if not column.path]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        yield f"two columns are read from {twice[0]}", "give each its own meta.loader.name"


def _name_problems(column: Column) -> Iterator[tuple[str, str]]:
    name, valid = column.name, folded(column.name)
    if valid != name.lower():
        plain = valid.strip("_")
        remedy = f"call it {valid}: that matches {name!r} in the files"
        if plain and plain != valid:
            remedy = f"call it {plain}, and set its meta.loader.name to {name!r}"
        yield f"column {name!r} has a character that Delta does not allow", remedy
    if name.startswith("_"):
        yield f"column {name} begins with _", "rename it: these names are reserved for the loader"


def _type_problems(column: Column, using: str) -> Iterator[tuple[str, str]]:
    if not column.type:
        yield f"column {column.name} has no data_type", "give it one of Spark's types"
    elif not _is_supported(column.type, using):
        listed = ", ".join(TYPES + NESTED if using == "parquet" else TYPES)
        remedy = f"use one of {listed}"
        if column.type.startswith(("array<", "map<", "struct<", "variant")):
            remedy += "; a string keeps the value as JSON"
        yield f"column {column.name} has data_type {column.type}, which {using} cannot fill", remedy


def _is_supported(type_: str, using: str) -> bool:
    if found := re.fullmatch(r"decimal\((\d+),(\d+)\)", type_):
        precision, scale = map(int, found.groups())
        return 1 <= precision <= 38 and scale <= precision
    nested = using == "parquet" and re.fullmatch(r"(array|map|struct)<.+>", type_)
    return type_ in TYPES or bool(nested)


def _file_problems(column: Column, using: str) -> Iterator[tuple[str, str]]:
    if column.path and (using != "json" or not JSON_PATH.fullmatch(column.path)):
        yield (
            f"column {column.name} has path {column.path!r}",
            "a JSON path looks like $.customer.city",
        )
    if column.path and column.file_name:
        yield f"column {column.name} has a path and a name", "keep one of them in meta.loader"
    if not column.localized:
        return
    if not column.is_number:
        yield (
            f"column {column.name} is {column.type}, and decimal and thousands are for numbers",
            "remove them from its meta.loader",
        )
    elif (
        column.decimal not in tuple(DECIMAL_MARKS)
        or column.thousands not in ("", *THOUSANDS_MARKS)
        or column.decimal == column.thousands
    ):
        yield (
            f"column {column.name} has decimal {column.decimal!r} and thousands "
            f"{column.thousands!r} in meta.loader",
            "decimal is . or , and thousands another mark, such as . or ' or a blank, or empty",
        )
