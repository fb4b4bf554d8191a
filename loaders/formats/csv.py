"""CSV: each line is read as one text, and split by the statement, so that a reject keeps its raw line."""

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
    Parts,
    Reader,
    Rejected,
    as_json,
    by_contract,
    drift,
    location,
    not_encoded,
    options_clause,
    require_small,
)
from loaders.listing import Part

FIELDS = "the row has too many or too few fields"
UNCLOSED = "a quote is opened and not closed"
# Characters that no text has: what separates and quotes nothing, and what a cell without text is read as.
NO_SEPARATOR, NO_QUOTE = "\ufdd0", "\ufdd1"
NOTHING = "\x1f"
# Spark's options for whole lines; the others are for splitting one.
OF_LINES = ("header", "encoding", "charset", "multiline", "linesep", "comment")


def look(context: Context, part: Part) -> tuple[str, ...] | None:
    """The column names of a file, of its header or of the contract; None for a file without rows.

    Raises Rejected when it cannot be read as text.
    """
    contract = context.contract
    if _whole(contract):
        require_small(part)
    comment = str(contract.option("comment"))
    encoding = "utf-8-sig" if contract.encoding == "utf-8" else contract.encoding
    try:
        with opened(context.landing, part) as stored:
            # Bad bytes further down are a matter of their rows.
            text = io.TextIOWrapper(stored, encoding=encoding, errors="replace", newline="")
            lines = (line for line in text if line.strip(f"{BOM}{BLANK_CHARACTERS}"))
            lines = (line for line in lines if not comment or not line.startswith(comment))
            first = next(_split(contract, lines), None)
    except (UnicodeError, csv.Error) as error:
        raise Rejected(f"it cannot be read as {contract.encoding} text: {error}") from error
    if first is None:
        return None
    if not contract.switch("header", default=True):
        return tuple(column.name for column in contract.columns)
    if REPLACEMENT in "".join(first):
        raise Rejected(f"it cannot be read as {contract.encoding} text: its header has other bytes")
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
    # Spark has separators of many characters, Python does not.
    return (
        [cell.strip(quote or None) for cell in line.split(separator)] for line in islice(lines, 1)
    )


def _separator(contract: Contract) -> str:
    return str(contract.option("sep", "delimiter", default=",")).replace("\\t", "\t")


def _quote(contract: Contract) -> str:
    return str(contract.option("quote", default='"'))


def _whole(contract: Contract) -> bool:
    """Whether a record may span lines, or a line cannot be told by its bytes."""
    return contract.switch("multiLine") or contract.encoding.startswith(("utf-16", "utf-32"))


def reader(context: Context, table: str, parts: Parts, names: Sequence[str]) -> Reader:
    """The reader of files with these columns; makes the scratch table."""
    contract = context.contract
    unknown, missing = drift(contract, names)
    whole, header = _whole(contract), contract.switch("header", default=True)
    options: dict[str, object] = {"recursiveFileLookup": True}
    if whole:
        options |= {"wholetext": True}
    else:
        options |= {"sep": NO_SEPARATOR, "quote": NO_QUOTE, "mode": "FAILFAST", "header": header}
        options |= {"encoding": contract.charset}
        options |= {
            key: value
            for key, value in contract.options.items()
            if key.lower() in ("comment", "linesep")
        }
    context.session.execute(f"""
create table {table} (value string) using {"text" if whole else "csv"} options ({options_clause(options)})
location {location(context, parts)}""")
    # Bound by position, as c0, c1, …, so that no name in a header can break the scan.
    cells = {name: f"c{index}" for index, name in enumerate(names)}
    faults = [
        ("_corrupt is not null", FIELDS),
        (f"contains(_line, {literal(REPLACEMENT)})", not_encoded(contract)),
    ]
    if quote := _quote(contract):
        opens = f"contains(_line, {literal(quote)}) and _line rlike {literal(_unclosed(contract))}"
        faults.append((opens, UNCLOSED))
    return Reader(
        table,
        tuple(parts),
        by_contract(contract, {name: Cell(cell) for name, cell in cells.items()}),
        record="_line",
        rescued=as_json({name: cells[name] for name in unknown}),
        faults=tuple(faults),
        unknown=unknown,
        missing=missing,
        shape=lambda rows: _fields(contract, list(cells.values()), _lines(contract, rows)),
    )


def _lines(contract: Contract, rows: str) -> str:
    """The lines of the scan as `_line`, without a byte order mark; of a file read whole its records."""
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
        select _landed_file, _landed_modified, explode(slice(_lines, {first}, greatest(size(_lines), 1))) as _line
        from (select _landed_file, _landed_modified, {lines} as _lines from ({rows}))"""


def _fields(contract: Contract, cells: Sequence[str], lines: str) -> str:
    """The lines, split into cells, and `_corrupt` where their number is another."""
    # A quote inside quotes is doubled, as RFC 4180 and every spreadsheet write it; two
    # quotes are an empty text, and nothing between two separators is null.
    options: dict[str, object] = {"escape": '"', "nullValue": NOTHING}
    # Dates are cast by the statement, so that a reject can name its cell.
    options |= {
        key: value
        for key, value in contract.options.items()
        if key.lower() not in OF_LINES and not key.lower().endswith("format")
    }
    options |= {"columnNameOfCorruptRecord": "_corrupt", "mode": "PERMISSIVE"}
    pairs = ", ".join(f"{literal(key)}, {option(value)}" for key, value in options.items())
    schema = ", ".join(f"{cell} string" for cell in (*cells, "_corrupt"))
    # A generator is evaluated once for a row; an expression could be copied into each column.
    return f"""
        select lines.*, cells.* from ({lines}) as lines
        lateral view inline(array(from_csv(_line, {literal(schema)}, map({pairs})))) cells"""


def _quoted(contract: Contract) -> tuple[str, str, str]:
    """Patterns of a separator's absence, of a quote, and of what stands between two quotes."""
    separator, quote = re.escape(_separator(contract)), re.escape(_quote(contract))
    escape = re.escape(str(contract.option("escape", default='"')))
    inside = rf"[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+"
    if escape != quote and escape:
        inside = rf"[^{quote}{escape}]*+(?:{escape}.[^{quote}{escape}]*+)*+"
    return rf"(?:(?!{separator})[^\r\n])", quote, inside


def _unclosed(contract: Contract) -> str:
    """A line whose last field opens a quote and does not close it."""
    other, quote, inside = _quoted(contract)
    separator = re.escape(_separator(contract))
    other = other.replace(r"[^\r\n]", ".")
    field = rf"(?:{quote}{inside}{quote}{other}*+|(?!{quote}){other}*+)"
    return rf"(?s)^(?:{field}{separator})*+{quote}{inside}$"


def _record(contract: Contract) -> str:
    """A record of a file whose quoted fields may span lines; one with an open quote goes on to the end."""
    other, quote, inside = _quoted(contract)
    separator = re.escape(_separator(contract))
    if not quote:
        return r"[^\r\n]++"
    return rf"(?s)(?:{quote}{inside}(?:{quote}{other}*+|\z)|(?!{quote}){other}++|{separator})++"
