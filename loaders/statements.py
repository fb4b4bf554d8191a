"""The SQL of a load, made by pure functions.

One atomic statement lands a batch: `insert into … replace where _load_id =
'<batch>'`. Repeating it gives the same table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loaders.contract import Column, Contract, folded
from loaders.ledger import TABLE as LEDGER
from loaders.listing import LandedFile
from loaders.sql import identifier, in_list, literal, option, rows

QUARANTINE = "bronze.load_quarantine"
# External tables over the files being read; dropped when their batch is closed.
SCRATCH = "landing"

CREATE_QUARANTINE = f"""
create table if not exists {QUARANTINE} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    record string comment 'The row: the raw text where the reader kept it, else its cells as JSON.',
    errors array<struct<column: string, value: string, reason: string>> not null
        comment 'Every reason why the row does not fit its contract.',
    load_id string not null comment 'The batch that read the row.',
    quarantined_at timestamp not null
) using delta
comment 'One row per landed row that does not fit its contract; nothing is dropped.'
"""


@dataclass(frozen=True)
class Reader:
    """Files that can be read by one scan: the same columns in the same order.

    `relation` is what to select from; `cells` maps the name of a column, as
    the files spell it, to its expression; `physical` to its type in the files.
    """

    relation: str
    files: tuple[LandedFile, ...]
    cells: dict[str, str]
    physical: dict[str, str]
    corrupt: str | None = None


def create_bronze(contract: Contract) -> str:
    """The bronze table, with its change feed on from the first version."""
    return f"""
create table if not exists {bronze(contract)} (
    {", ".join(map(_column, contract.columns))},
    _source_file string comment 'The landed file, relative to the landing folder.',
    _source_modified_at timestamp comment 'When the file was last modified, UTC.',
    _load_id string comment 'The batch that landed the row.',
    _loaded_at timestamp comment 'When the batch was landed, UTC.',
    _rescued_data string comment 'Cells of columns that the contract does not know, as JSON.'
) using delta
comment {literal(contract.description)}
tblproperties ('delta.enableChangeDataFeed' = 'true')"""


def add_columns(contract: Contract, present: Sequence[str]) -> str | None:
    """Adds what the contract has come to know since the table was made; None when it has all."""
    known = {name.lower() for name in present}
    missing = [column for column in contract.columns if column.name.lower() not in known]
    if not missing:
        return None
    return f"alter table {bronze(contract)} add columns ({', '.join(map(_column, missing))})"


def _column(column: Column) -> str:
    return f"{identifier(column.name)} {column.type} comment {literal(column.description)}"


def bronze(contract: Contract) -> str:
    return identifier(contract.schema, contract.identifier)


def create_csv_scratch(table: str, contract: Contract, folder: str, width: int) -> str:
    """An external table that binds cells by position and keeps misfit rows whole.

    Names are c0, c1, …: what the header says is mapped by the caller, so odd,
    reordered or repeated names cannot break the scan.
    """
    # A quote inside quotes is doubled, as RFC 4180 and every spreadsheet write it.
    options = {"header": True, "escape": '"', **contract.options}
    # Dates are cast by the statement, so that a reject can name its cell.
    for name in ("dateFormat", "timestampFormat", "timestampNTZFormat"):
        options.pop(name, None)
    options |= {"recursiveFileLookup": True, "columnNameOfCorruptRecord": "_corrupt_record", "mode": "PERMISSIVE"}
    rendered = ", ".join(f"{literal(key)} {option(value)}" for key, value in options.items())
    cells = ", ".join(f"c{index} string" for index in range(width))
    return f"""
create table {table} ({cells}, _corrupt_record string)
using csv options ({rendered}) location {literal(folder)}"""


def cast(expression: str, column: Column, pattern: str | None, physical: str) -> str:
    """The cell as its contract type, or null where it does not fit exactly."""
    if column.type == physical:
        return expression
    if column.type == "string":
        return f"cast({expression} as string)"
    if pattern and physical == "string":
        return f"cast(try_to_timestamp({expression}, {literal(pattern)}) as {column.type})"
    typed = f"try_cast({expression} as {column.type})"
    if column.type.startswith("decimal"):
        # try_cast rounds silently; a cell with more places than its type has does not fit.
        return f"if({typed} = try_cast({expression} as decimal(38,18)), {typed}, null)"
    return typed


def errors(contract: Contract, reader: Reader) -> str:
    """An array of {column, value, reason}, empty for a row that fits."""
    names = {folded(name): name for name in reader.cells}
    checks = []
    if reader.corrupt:
        checks.append(
            f"if({reader.corrupt} is not null, "
            "named_struct('column', cast(null as string), 'value', cast(null as string), "
            "'reason', 'the row has too many or too few fields'), null)"
        )
    for column in contract.columns:
        name = names.get(folded(column.name))
        if name is None:
            continue
        cell = reader.cells[name]
        value = cast(cell, column, contract.format_of(column), reader.physical[name])
        conditions = []
        if column.required:
            empty = f"{cell} is null" + (f" or trim({cell}) = ''" if reader.physical[name] == "string" else "")
            conditions.append(f"when {empty} then 'is required, and is empty'")
        if value != cell:
            pattern = contract.format_of(column)
            like = f" as {pattern}" if pattern and reader.physical[name] == "string" else ""
            conditions.append(
                f"when {cell} is not null and {value} is null then {literal(f'is no {column.type}{like}')}"
            )
        if conditions:
            reason = f"case {' '.join(conditions)} end"
            checks.append(
                f"if({reason} is not null, named_struct('column', {literal(column.name)}, "
                f"'value', cast({cell} as string), 'reason', {reason}), null)"
            )
    return f"filter(array({', '.join(checks)}), e -> e is not null)" if checks else "array()"


def unknown_columns(contract: Contract, reader: Reader) -> list[str]:
    """The files' columns that the contract does not know, as the files spell them."""
    known = {folded(column.name) for column in contract.columns}
    return [name for name in reader.cells if folded(name) not in known]


def _json(reader: Reader, names: Iterable[str]) -> str:
    pairs = ", ".join(f"{literal(name)}, {reader.cells[name]}" for name in names)
    return f"to_json(named_struct({pairs}))" if pairs else "cast(null as string)"


# Spark's file_path is percent-encoded, and begins with file:/ or file:///.
PATH = "regexp_replace(url_decode(replace(_metadata.file_path, '+', '%2B')), '^file:/+', '/')"


def _claimed(reader: Reader) -> str:
    """Rows of the reader's files, each file only as it was when claimed."""
    parts = [(file, part) for file in reader.files for part in file.parts]
    values = rows((str(part.path), file.name, part.size, part.modified) for file, part in parts)
    return f"""
        select data.*, claim._file, claim._modified
        from (
            select *, {PATH} as _path, _metadata.file_size as _size,
                unix_millis(_metadata.file_modification_time) as _modified_ms
            from {reader.relation}
            where {in_list(PATH, (str(part.path) for _, part in parts))}
        ) as data
        join (
            select path, _file, size, modified, timestamp_millis(modified) as _modified
            from values
{values}
            as v(path, _file, size, modified)
        ) as claim
        on data._path = claim.path and data._size = claim.size and data._modified_ms = claim.modified"""


def count_read(readers: Sequence[Reader]) -> str:
    """Rows that the claimed files hold, by file; a cheap scan that casts nothing."""
    return "\nunion all ".join(f"select _file, count(*) from ({_claimed(reader)}) group by _file" for reader in readers)


def guard(dataset: str, load_id: str, files: int) -> str:
    """A condition that fails the statement when the batch is no longer open.

    A loader that slept while its batch was taken over and closed must not
    replace what came later.
    """
    return f"""(
    select if(count(*) = {files}, true, raise_error('batch {load_id} was closed by another loader'))
    from {LEDGER}
    where dataset = {literal(dataset)} and load_id = {literal(load_id)} and state = 'claimed'
)"""


def land(
    contract: Contract,
    load_id: str,
    readers: Sequence[Reader],
    corrected: Sequence[str],
    kept: Sequence[str],
    order: Sequence[str],
    claimed: int,
) -> str:
    """The statement that lands a batch.

    `corrected` are files whose earlier rows it replaces, `kept` those of the
    batch whose rows must stay (their file is gone or is read anew later),
    `order` the bronze table's columns, `claimed` the files in the batch.
    """
    selects = []
    for reader in readers:
        names = {folded(name): name for name in reader.cells}
        values = {
            "_source_file": "_file",
            "_source_modified_at": "_modified",
            "_load_id": literal(load_id),
            "_loaded_at": "current_timestamp()",
            "_rescued_data": _json(reader, unknown_columns(contract, reader)),
        }
        for column in contract.columns:
            name = names.get(folded(column.name))
            values[column.name.lower()] = (
                cast(reader.cells[name], column, contract.format_of(column), reader.physical[name])
                if name
                else f"cast(null as {column.type})"
            )
        columns = ",\n        ".join(f"{values.get(name.lower(), 'null')} as {identifier(name)}" for name in order)
        selects.append(f"""
    select
        {columns}
    from ({_claimed(reader)}
    )
    where size({errors(contract, reader)}) = 0""")
    return f"""
insert into {bronze(contract)}
replace where {replaced("_load_id", "_source_file", load_id, corrected, kept)}
select * from ({" union all ".join(selects) or f"select * from {bronze(contract)} where false"}
)
where {guard(contract.dataset, load_id, claimed)}"""


def replaced(load_column: str, file_column: str, load_id: str, corrected: Sequence[str], kept: Sequence[str]) -> str:
    """The rows that a batch replaces: its own, and those of corrected files."""
    own = f"{load_column} = {literal(load_id)}"
    if kept:
        own = f"({own} and not {in_list(file_column, kept)})"
    return f"{own} or {in_list(file_column, corrected)}" if corrected else own


def quarantine(
    contract: Contract,
    load_id: str,
    readers: Sequence[Reader],
    corrected: Sequence[str],
    kept: Sequence[str],
    claimed: int,
) -> str:
    """The statement that writes a batch's misfit rows, repeatable as the landing is."""
    selects = []
    for reader in readers:
        record = _json(reader, reader.cells)
        if reader.corrupt:
            record = f"coalesce({reader.corrupt}, {record})"
        selects.append(f"""
    select _file as source_file, {record} as record, {errors(contract, reader)} as errors
    from ({_claimed(reader)}
    )""")
    dataset = literal(contract.dataset)
    where = replaced("load_id", "source_file", load_id, corrected, kept)
    return f"""
insert into {QUARANTINE}
replace where dataset = {dataset} and ({where})
select {dataset} as dataset, source_file, record, errors, {literal(load_id)} as load_id,
    current_timestamp() as quarantined_at
from ({" union all ".join(selects) or f"select * from {QUARANTINE} where false"}
)
where size(errors) > 0 and {guard(contract.dataset, load_id, claimed)}"""
