"""CSV: each line is read as one text and then split, so that a reject keeps its raw line."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lakehouse.sql import literal, option
from loaders.cells import Cell
from loaders.context import Context
from loaders.contract import Contract
from loaders.formats.packing import opened
from loaders.formats.reader import (
    BLANK_CHARACTERS,
    BOM,
    REPLACEMENT,
    Drift,
    Parts,
    Reader,
    Rejected,
    as_json,
    by_contract,
    location,
    not_encoded,
    options_clause,
    require_small,
)
from loaders.listing import Part

FIELD_COUNT = "the row has too many or too few fields"
UNCLOSED = "a quoted field is not closed"
# Noncharacters, which do not occur in text: they disable the separator and the quote.
NO_SEPARATOR, NO_QUOTE = "\ufdd0", "\ufdd1"
# A control character that does not occur in text. As nullValue, it keeps "" an empty text.
NO_NULL = "\x1f"
# Reader options for the scan of whole lines; the other options split a line.
LINE_OPTIONS = ("header", "encoding", "charset", "multiline", "linesep", "comment")


def read_schema(context: Context, part: Part) -> tuple[str, ...] | None:
    """Column names of a file, from its header or the contract; None if it has no lines.

    Raises Rejected if the file cannot be read as text.
    """
    contract = context.contract
    if _whole(contract):
        require_small(part)
    comment = str(contract.option("comment"))
    encoding = "utf-8-sig" if contract.encoding == "utf-8" else contract.encoding
    try:
        with opened(context.landing, part) as stored:
            # Invalid bytes after the header reject their rows, not the file.
            text = io.TextIOWrapper(stored, encoding=encoding, errors="replace", newline="")
            lines = (line for line in text if line.strip(f"{BOM}{BLANK_CHARACTERS}"))
            lines = (line for line in lines if not comment or not line.startswith(comment))
            first = next(_split(contract, lines), None)
    except (UnicodeError, csv.Error) as error:
        raise Rejected(f"it cannot be read as {contract.encoding} text: {error}") from error
    if first is None:
        return None
    if not contract.switch("header", default=True):
        return tuple(column.key for column in contract.columns)
    if REPLACEMENT in "".join(first):
        raise Rejected(
            f"it cannot be read as {contract.encoding} text: its header has invalid bytes"
        )
    return tuple(name.strip().lstrip(BOM) for name in first)


def _split(contract: Contract, lines: Iterator[str]) -> Iterator[list[str]]:
    separator, quote = _separator(contract), _quote(contract)
    if len(separator) == 1:
        return csv.reader(
            lines,
            delimiter=separator,
            quotechar=quote or None,
            quoting=0 if quote else csv.QUOTE_NONE,
        )
    # Python's csv module has no separators of several characters.
    return (
        [cell.strip(quote or None) for cell in line.split(separator)] for line in islice(lines, 1)
    )


def _separator(contract: Contract) -> str:
    return str(contract.option("sep", "delimiter", default=",")).replace("\\t", "\t")


def _quote(contract: Contract) -> str:
    return str(contract.option("quote", default='"'))


def _whole(contract: Contract) -> bool:
    """Whether a file is read as one text: records span lines, or line breaks are not one byte."""
    return contract.switch("multiLine") or contract.encoding.startswith(("utf-16", "utf-32"))


def reader(context: Context, table: str, parts: Parts, names: Sequence[str]) -> Reader:
    """The reader of files with these columns; creates the scratch table."""
    contract = context.contract
    drift = Drift.of(contract, names)
    context.session.execute(f"""
create table {table} (value string)
using {"text" if _whole(contract) else "csv"} options ({options_clause(_scan_options(contract))})
location {location(context, parts)}""")
    # Columns are named c0, c1, …: a header may have names that are not valid in SQL.
    cells = {name: f"c{index}" for index, name in enumerate(names)}
    return Reader(
        table,
        tuple(parts),
        by_contract(contract, {name: Cell(cell) for name, cell in cells.items()}),
        record="_line",
        rescued=as_json({name: cells[name] for name in drift.unknown}),
        row_checks=tuple(_row_checks(contract)),
        unknown=drift.unknown,
        missing=drift.missing,
        similar=drift.similar,
        parse=lambda rows: _fields(contract, list(cells.values()), _lines(contract, rows)),
    )


def _scan_options(contract: Contract) -> dict[str, object]:
    """Reader options of the scratch table, whose rows are whole lines or whole files."""
    if _whole(contract):
        return {"recursiveFileLookup": True, "wholetext": True}
    return {
        "recursiveFileLookup": True,
        "sep": NO_SEPARATOR,
        "quote": NO_QUOTE,
        "mode": "FAILFAST",
        "header": contract.switch("header", default=True),
        "encoding": contract.charset,
    } | {
        key: value
        for key, value in contract.options.items()
        if key.lower() in ("comment", "linesep")
    }


def _row_checks(contract: Contract) -> Iterator[tuple[str, str]]:
    """What makes a line a reject; of several reasons the first is reported."""
    yield f"contains(_line, {literal(REPLACEMENT)})", not_encoded(contract)
    if quote := _quote(contract):
        unclosed = f"_line rlike {literal(_unclosed(contract))}"
        yield f"contains(_line, {literal(quote)}) and {unclosed}", UNCLOSED
    yield "_corrupt is not null", FIELD_COUNT


def _lines(contract: Contract, rows: str) -> str:
    """The lines (SQL) as `_line`, without a byte order mark; a file read as one text is split."""
    bom = f"trim(leading {literal(BOM)} from {{}})"
    if not _whole(contract):
        line = "value" if contract.switch("header", default=True) else bom.format("value")
        return f"select _landed_file, _landed_modified, {line} as _line from ({rows})"
    decoded = f"decode(cast(value as binary), {literal(contract.charset)})"
    text = bom.format("make_valid_utf8(value)" if contract.encoding == "utf-8" else decoded)
    blank = f"trim(both {literal(BLANK_CHARACTERS)} from line) <> ''"
    if comment := str(contract.option("comment")):
        blank += f" and not startswith(line, {literal(comment)})"
    lines = f"filter(regexp_extract_all({text}, {literal(_record(contract))}, 0), line -> {blank})"
    first = 2 if contract.switch("header", default=True) else 1
    return f"""
        select _landed_file, _landed_modified,
            explode(slice(_lines, {first}, greatest(size(_lines), 1))) as _line
        from (select _landed_file, _landed_modified, {lines} as _lines from ({rows}))"""


def _fields(contract: Contract, cells: Sequence[str], lines: str) -> str:
    """The lines, split into cells; `_corrupt` is not null if the number of fields is wrong."""
    # By RFC 4180 a quote inside quotes is doubled. "" is an empty text, an empty field is null.
    options: dict[str, object] = {"escape": '"', "nullValue": NO_NULL}
    # Dates stay texts here: the cast is checked later, cell by cell.
    options |= {
        key: value
        for key, value in contract.options.items()
        if key.lower() not in LINE_OPTIONS and not key.lower().endswith("format")
    }
    options |= {"columnNameOfCorruptRecord": "_corrupt", "mode": "PERMISSIVE"}
    pairs = ", ".join(f"{literal(key)}, {option(value)}" for key, value in options.items())
    schema = ", ".join(f"{cell} string" for cell in (*cells, "_corrupt"))
    # The generator `inline` makes Spark evaluate from_csv once per row, not once per column
    # (https://github.com/apache/spark/pull/42376).
    return f"""
        select lines.*, cells.* from ({lines}) as lines
        lateral view inline(array(from_csv(_line, {literal(schema)}, map({pairs})))) cells"""


def _quoted(contract: Contract) -> tuple[str, str, str]:
    """Patterns: a character outside quotes, the quote, and the text between two quotes."""
    separator, quote = re.escape(_separator(contract)), re.escape(_quote(contract))
    escape = re.escape(str(contract.option("escape", default='"')))
    inside = rf"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
    if escape != quote and escape:
        inside = rf"[^{quote}{escape}]*+(?:{escape}.[^{quote}{escape}]*+)*+"
    return rf"(?:(?!{separator})[^\r\n])", quote, inside


def _unclosed(contract: Contract) -> str:
    """Pattern of a line whose last field is quoted and not closed."""
    other, quote, inside = _quoted(contract)
    separator = re.escape(_separator(contract))
    other = other.replace(r"[^\r\n]", ".")
    field = rf"(?:{quote}{inside}{quote}{other}*+|(?!{quote}){other}*+)"
    return rf"(?s)^(?:{field}{separator})*+{quote}{inside}$"


def _record(contract: Contract) -> str:
    """Pattern of a record that may span lines; with an open quote it extends to the end."""
    other, quote, inside = _quoted(contract)
    separator = re.escape(_separator(contract))
    if not quote:
        return r"[^\r\n]++"
    return rf"(?s)(?:{quote}{inside}(?:{quote}{other}*+|\z)|(?!{quote}){other}++|{separator})++"
