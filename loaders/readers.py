"""How the files of a batch are read: one scan for each set of columns found.

Every reader shows its files through an external table, so that Spark knows
file, size and modification time of each row.
"""

import csv
import io
import re
import secrets
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow
from pyarrow import parquet

from lakehouse.sql import identifier, in_list, inline_table, literal, option
from lakehouse.thrift import Session
from loaders.contract import ODD_CHARACTERS, Contract, folded
from loaders.listing import LandedFile, Landing, Part

# External tables over the files being read, and staged rows; dropped when their batch is closed.
SCRATCH = "landing"
# What a decoder puts where bytes are not of the encoding.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# A character that no text has: what a cell without text is read as.
NOTHING = "\x1f"
MISFIT_FIELDS = "the row has too many or too few fields"
NOT_UTF8 = "holds bytes that are not UTF-8: set the encoding among external.options"


class Unfit(Exception):
    """Why a whole file cannot be loaded."""


@dataclass(frozen=True)
class Cell:
    """A column as the files have it: its expression, and its Spark type there."""

    expression: str
    type: str = "string"


@dataclass(frozen=True)
class Reader:
    """Files that one scan reads.

    `table` is what to scan, and `shape` turns its rows into records. `cells`
    has what the files hold of the contract, by the column's name. `record` is
    the whole row, `rescued` what the contract does not know of it; `faults`
    are conditions under which a row as such does not fit, with the reason.
    `unknown` and `missing` are column names, for the report.
    """

    table: str
    files: tuple[LandedFile, ...]
    cells: Mapping[str, Cell]
    record: str
    rescued: str = "cast(null as string)"
    faults: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    shape: Callable[[str], str] = lambda rows: rows

    def rows(self) -> str:
        """The records of the files, each file only as it was claimed, with `_landed_file` and `_landed_modified`."""
        parts = [(file, part) for file in self.files for part in file.parts]
        if len(parts) == 1:
            [(file, part)] = parts
            return self.shape(f"""
        select *, {literal(file.name)} as _landed_file, timestamp_millis({part.modified}) as _landed_modified
        from {self.table}
        where _metadata.file_path = {literal(part.uri)} and _metadata.file_size = {part.size}
            and unix_millis(_metadata.file_modification_time) = {part.modified}""")
        claimed = inline_table(
            "path string, _landed_file string, size bigint, modified bigint",
            ((part.uri, file.name, part.size, part.modified) for file, part in parts),
        )
        return self.shape(f"""
        select data.*, claim._landed_file, claim._landed_modified
        from (
            select *, _metadata.file_path as _landed_path, _metadata.file_size as _landed_size,
                unix_millis(_metadata.file_modification_time) as _landed_ms
            from {self.table}
            where {in_list("_metadata.file_path", (part.uri for _, part in parts))}
        ) as data
        join (
            select *, timestamp_millis(modified) as _landed_modified from {claimed}
        ) as claim
        on data._landed_path = claim.path and data._landed_size = claim.size and data._landed_ms = claim.modified""")


def open_readers(
    session: Session, landing: Landing, contract: Contract, load_id: str, files: Iterable[LandedFile]
) -> tuple[list[Reader], dict[str, str]]:
    """The readers of a batch, and why files were left out, by their names."""
    look, make = {"csv": (_csv_names, _csv), "json": (_json_names, _json), "parquet": (_parquet_names, _parquet)}[
        contract.using
    ]
    groups: dict[tuple[str, ...], dict[str, list[Part]]] = {}
    unfit: dict[str, str] = {}
    for file in files:
        try:
            for part in file.parts:
                _require_reachable(landing, part)
                columns = look(landing, contract, part)
                if columns is not None:
                    groups.setdefault(columns, {}).setdefault(file.name, []).append(part)
        except Unfit as error:
            unfit[file.name] = str(error)
    readers = []
    for columns, parts in groups.items():
        group = tuple(LandedFile(name, tuple(some)) for name, some in parts.items() if name not in unfit)
        if group:
            try:
                readers.append(make(session, landing, contract, scratch_table(load_id), group, columns))
            except Unfit as error:
                unfit |= dict.fromkeys((file.name for file in group), str(error))
    return readers, unfit


def scratch_table(load_id: str) -> str:
    """A new table's name; of two loaders that read one batch each has tables of its own."""
    return identifier(SCRATCH, f"{load_id}_{secrets.token_hex(4)}")


def drop_scratch(session: Session, tables: Iterable[str]) -> None:
    """Drop scratch tables; of an external table the files stay."""
    for table in tables:
        session.execute(f"drop table if exists {table}")


def close_left(session: Session, load_ids: Collection[str]) -> None:
    """Drop what a loader left that died before it could: the scratch tables of batches that are closed."""
    names = [name for _, name, _ in session.execute(f"show tables in {SCRATCH}")]
    drop_scratch(session, (identifier(SCRATCH, name) for name in names if name.rpartition("_")[0] in load_ids))


def _require_reachable(landing: Landing, part: Part) -> None:
    """Unfit for an object that Spark finds under no path, because paths have no such steps."""
    if not landing.local and {"", "."} & set(part.path.split("/")):
        raise Unfit("its name has // or /./ in it or ends in /, and Spark does not find such an object: rename it")


def _location(landing: Landing, contract: Contract, files: Sequence[LandedFile]) -> str:
    """The smallest place that holds the files, as a literal: one file, or the contract's folder."""
    parts = [part for file in files for part in file.parts]
    # A store tells the time of one object in seconds, in a listing in milliseconds.
    if landing.local and len(parts) == 1:
        return _place(landing, parts[0].path)
    return _place(landing, f"{landing.root}/{contract.location}")


def _place(landing: Landing, path: str) -> str:
    # Spark takes a table's location for a glob.
    return literal(re.sub(r"([*?\[\]{}\\])", r"\\\1", landing.location(path)))


def _options(options: Mapping[str, object]) -> str:
    return ", ".join(f"{literal(key)} {option(value)}" for key, value in options.items())


def _drift(contract: Contract, names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the files have beyond the contract, and what they lack of it.

    Raises Unfit when a required column is not there, or none at all.
    """
    names = list(names)
    matched = [folded(name) for name in names]
    known = {folded(column.name): column for column in contract.columns}
    missing = [column for name, column in known.items() if name not in matched]
    if absent := [column.name for column in missing if column.required]:
        raise Unfit(f"it lacks the required column {', '.join(absent)}{_hint(names)}")
    if len(missing) == len(known):
        raise Unfit(f"it has no column of the contract{_hint(names)}")
    if twice := sorted({name for name in matched if matched.count(name) > 1}):
        raise Unfit(f"it names a column twice: {', '.join(twice)}")
    unknown = tuple(name for name in names if folded(name) not in known)
    return unknown, tuple(column.name for column in missing)


def _hint(names: Sequence[str]) -> str:
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f" (its columns: {listed[:200]})"


def _text(landing: Landing, contract: Contract, part: Part) -> io.TextIOWrapper:
    encoding = "utf-8-sig" if contract.encoding == "utf-8" else contract.encoding
    # Bad bytes further down are a matter of their rows.
    return io.TextIOWrapper(landing.open(part, unpacked=True), encoding=encoding, errors="replace", newline="")


def _csv_names(landing: Landing, contract: Contract, part: Part) -> tuple[str, ...] | None:
    """The names in a CSV file's header; None for a file without rows."""
    separator = str(contract.option("sep", "delimiter", default=",")).replace("\\t", "\t")
    quote = str(contract.option("quote", default='"'))
    try:
        with _text(landing, contract, part) as text:
            lines = (line for line in text if line.strip())
            if len(separator) == 1:
                records = csv.reader(lines, delimiter=separator, quotechar=quote or None)
            else:
                # Spark has separators of many characters, Python does not.
                records = ([cell.strip(quote) for cell in line.split(separator)] for line in lines)
            first = next(records, None)
    except (OSError, EOFError, UnicodeError, LookupError, csv.Error, zlib.error) as error:
        raise Unfit(f"it cannot be read as {contract.encoding} text: {error}") from error
    if first is None:
        return None
    if not contract.switch("header", default=True):
        return tuple(column.name for column in contract.columns)
    if REPLACEMENT in "".join(first):
        raise Unfit(f"it cannot be read as {contract.encoding} text: its header has other bytes")
    return tuple(name.strip() for name in first)


def _csv(session, landing, contract, table, files, names) -> Reader:
    """Cells are bound by position, as c0, c1, …, so that no name in a header can break the scan."""
    # A quote inside quotes is doubled, as RFC 4180 and every spreadsheet write it; two
    # quotes are an empty text, and nothing between two separators is null.
    options = {"header": True, "escape": '"', "nullValue": NOTHING, **contract.options}
    # Dates are cast by the statement, so that a reject can name its cell.
    options = {key: value for key, value in options.items() if not key.lower().endswith("format")}
    options |= {"recursiveFileLookup": True, "columnNameOfCorruptRecord": "_corrupt_record", "mode": "PERMISSIVE"}
    cells = {name: f"c{index}" for index, name in enumerate(names)}
    unknown, missing = _drift(contract, names)
    session.execute(f"""
create table {table} ({", ".join(f"{cell} string" for cell in cells.values())}, _corrupt_record string)
using csv options ({_options(options)}) location {_location(landing, contract, files)}""")
    faults = [("_corrupt_record is not null", MISFIT_FIELDS)]
    if contract.encoding == "utf-8":
        # A cell of another type does not fit anyhow.
        typed = {folded(column.name) for column in contract.columns if column.type != "string"}
        texts = [cell for name, cell in cells.items() if folded(name) not in typed]
        if texts:
            faults.append((" or ".join(f"contains({cell}, '{REPLACEMENT}')" for cell in texts), NOT_UTF8))
    if not contract.switch("header", default=True):
        cells[names[0]] = f"trim(leading '{BOM}' from c0)"
    return Reader(
        table,
        files,
        _known(contract, {name: Cell(cell) for name, cell in cells.items()}),
        record=f"coalesce(_corrupt_record, {_as_json(cells)})",
        rescued=_as_json({name: cells[name] for name in unknown}),
        faults=tuple(faults),
        unknown=unknown,
        missing=missing,
    )


def _json_names(landing: Landing, contract: Contract, part: Part) -> tuple[str, ...]:
    """Every record has its own names: one reader does for all files."""
    return ()


def _json(session, landing, contract, table, files, names) -> Reader:
    """Records are parsed as VARIANT, which keeps every digit; their names are folded."""
    whole = contract.switch("multiLine")
    options = {"wholetext": whole, "recursiveFileLookup": True}
    session.execute(f"""
create table {table} (value string) using text options ({_options(options)})
location {_location(landing, contract, files)}""")
    plain = {folded(column.name) for column in contract.columns if not column.path}
    # What is picked as a whole needs no rescue; of what is picked in part the rest does.
    plain |= {folded(column.path[2:]) for column in contract.columns if re.fullmatch(r"\$\.\w+", column.path)}
    return Reader(
        table,
        files,
        {
            column.name: Cell(
                f"try_variant_get(_json, {literal(column.path)}, 'string')"
                if column.path
                else f"try_element_at(_cells, {literal(folded(column.name))})"
            )
            for column in contract.columns
        },
        record="_record",
        rescued=f"nullif(to_json(map_filter(_raw, (k, v) -> not {in_list(_folded('k'), sorted(plain))})), '{{}}')",
        faults=(
            (f"contains(_record, '{REPLACEMENT}')", NOT_UTF8),
            ("_cells is null", "is no JSON object, or names a key twice"),
        ),
        shape=lambda rows: _records(rows, whole),
    )


def _records(rows: str, whole: bool) -> str:
    """JSON texts as records: each line, or each element of the array that a whole file is."""
    text = f"trim(leading '{BOM}' from make_valid_utf8(value))"
    parsed = f"""
        select _landed_file, _landed_modified, {text} as _record, try_parse_json({text}) as _json
        from ({rows}
        )
        where trim(value) <> ''"""
    if whole:
        # A broken array is one record that does not fit; an object is an array of one.
        parsed = f"""
        select _landed_file, _landed_modified, coalesce(to_json(_json), left(_record, 10000)) as _record, _json
        from (
            select _landed_file, _landed_modified, _record, explode(
                coalesce(try_variant_get(_json, '$', 'array<variant>'), array(_json))
            ) as _json
            from ({parsed}
            )
        )"""
    keys = f"transform(map_keys(_raw), k -> {_folded('k')})"
    return f"""
        select *,
            if(size(array_distinct({keys})) = size({keys}), map_from_arrays({keys}, map_values(_raw)), null) as _cells
        from (
            select *, try_variant_get(_json, '$', 'map<string,string>') as _raw
            from ({parsed}
            )
        )"""


def _folded(expression: str) -> str:
    """What `folded` is in Python, as SQL."""
    return f"regexp_replace(lower(trim({expression})), {literal(ODD_CHARACTERS)}, '_')"


def _parquet_names(landing: Landing, contract: Contract, part: Part) -> tuple[str, ...]:
    """The columns of a parquet file with their types, from its footer."""
    try:
        with landing.open(part) as stored:
            schema = parquet.read_schema(stored)
    except (OSError, pyarrow.ArrowException) as error:
        raise Unfit(f"it cannot be read as parquet: {error}") from error
    return tuple(f"{field.name} {field.type}" for field in schema)


def _parquet(session, landing, contract, table, files, names) -> Reader:
    """Spark reads the columns' types from one file of the group, which all have the same."""
    session.execute(f"create table {table} using parquet location {_place(landing, files[0].parts[0].path)}")
    types = {name: type_ for name, type_, _ in session.execute(f"describe query select * from {table}")}
    if not landing.local or len(files) > 1 or len(files[0].parts) > 1:
        columns = ", ".join(f"{identifier(name)} {type_}" for name, type_ in types.items())
        session.execute(f"drop table {table}")
        session.execute(f"""
create table {table} ({columns}) using parquet options ({_options({"recursiveFileLookup": True})})
location {_location(landing, contract, files)}""")
    cells = {name: identifier(name) for name in types}
    unknown, missing = _drift(contract, types)
    return Reader(
        table,
        files,
        _known(contract, {name: Cell(cells[name], type_) for name, type_ in types.items()}),
        record=_as_json(cells),
        rescued=_as_json({name: cells[name] for name in unknown}),
        unknown=unknown,
        missing=missing,
    )


def _known(contract: Contract, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """The files' cells by the contract's names."""
    by_folded = {folded(name): cell for name, cell in cells.items()}
    names = (column.name for column in contract.columns)
    return {name: by_folded[folded(name)] for name in names if folded(name) in by_folded}


def _as_json(cells: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{literal(name)}, {cell}" for name, cell in cells.items())
    return f"nullif(to_json(named_struct({pairs})), '{{}}')" if pairs else "cast(null as string)"


def has_rows(landing: Landing, contract: Contract, file: LandedFile) -> bool:
    """Whether a file holds records, by reading as little of it as tells that."""
    return any(_part_has_rows(landing, contract, part) for part in file.parts)


def _part_has_rows(landing: Landing, contract: Contract, part: Part) -> bool:
    if contract.using == "parquet":
        with landing.open(part) as stored:
            return parquet.read_metadata(stored).num_rows > 0
    with landing.open(part, unpacked=True) as lines:
        filled = (line for line in lines if line.strip())
        if contract.using == "json":
            return next(filled, b"[]").split() not in ([b"[]"], [b"[", b"]"])
        if contract.switch("header", default=True):
            next(filled, None)
        return next(filled, None) is not None
