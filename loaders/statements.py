"""SQL of a batch, as pure functions.

One atomic statement commits a batch to bronze. It selects from the files directly if no row is
rejected. Otherwise the rows are staged first, with the errors of each row.
"""

from collections.abc import Collection, Sequence

from lakehouse.sql import identifier, in_list, literal
from loaders import cells
from loaders.cells import Cell
from loaders.columns import Column
from loaders.context import Context
from loaders.contract import Contract
from loaders.formats.reader import Reader, escaped
from loaders.ledger import ERRORS, LOADED, REJECTS, Batch

# Error message with which `insert` fails at the first reject.
REJECTED_ROW = "REJECTED_ROW"


def bronze(contract: Contract) -> str:
    """Quoted name of the bronze table."""
    return identifier(contract.schema, contract.identifier)


def _value(column: Column) -> str:
    return identifier(f"value of {column.name}")


def _values(contract: Contract) -> str:
    return ", ".join(map(_value, contract.columns))


def _cell(reader: Reader, column: Column) -> Cell | None:
    """The cell of a column, None if the files do not have it; a localized number is plain."""
    cell = reader.cells.get(column.name)
    if cell and cells.localized(cell, column):
        return Cell(_plain(column), raw=cell.content)
    return cell


def _plain(column: Column) -> str:
    return identifier(f"plain text of {column.name}")


def _records(contract: Contract, reader: Reader) -> str:
    """The records of a reader (SQL), with each contract column cast to its type."""
    plain, values = [], []
    for column in contract.columns:
        read, cell = reader.cells.get(column.name), _cell(reader, column)
        if read and cells.localized(read, column):
            plain.append(f", {cells.plain_number(read, column)} as {_plain(column)}")
        cast = (
            cells.value(cell, column, contract.format_of(column))
            if cell
            else f"cast(null as {column.type})"
        )
        values.append(f"{cast} as {_value(column)}")
    records = reader.records()
    if plain:
        # The casts use the text several times.
        records = f"""
    select *{"".join(plain)}
    from ({records}
    )"""
    return f"""
    select *, {", ".join(values)}
    from ({records}
    )"""


def _checks(
    contract: Contract, reader: Reader
) -> list[tuple[str, Column | None, Cell | None, str]]:
    """Conditions (SQL) under which a record is a reject, each with its column, cell and reason."""
    checks: list = [
        (condition, None, None, literal(reason)) for condition, reason in reader.row_checks
    ]
    for column in contract.columns:
        cell = _cell(reader, column)
        if cell is None:
            continue
        wrong = cells.is_invalid(cell, column, _value(column))
        if column.required:
            # An empty cell has a null value too, so one condition covers both.
            wrong = cells.empty(cell) if wrong == "false" else f"{_value(column)} is null"
        if wrong != "false":
            checks.append(
                (wrong, column, cell, cells.reason(cell, column, contract.format_of(column)))
            )
    return checks


def _is_reject(contract: Contract, reader: Reader) -> str:
    conditions = " or ".join(condition for condition, *_ in _checks(contract, reader))
    return f"coalesce({conditions}, false)" if conditions else "false"


def _errors(contract: Contract, reader: Reader) -> str:
    """An array of {column, value, reason} (SQL); empty if the row is valid.

    A row that cannot be split into cells has one reason: its cells mean nothing.
    """
    whole, single = [], []
    for condition, column, cell, reason in _checks(contract, reader):
        name = literal(column.name) if column else "cast(null as string)"
        value = cell.content if cell else "null"
        error = (
            f"named_struct('column', {name}, 'value', cast({value} as string), 'reason', {reason})"
        )
        if column:
            single.append(f"if({condition}, {error}, null)")
        else:
            whole.append(f"when {condition} then array({error})")
    errors = f"filter(array({', '.join(single)}), e -> e is not null)" if single else "array()"
    return f"case {' '.join(whole)} else {errors} end" if whole else errors


def select_files(contract: Contract, readers: Sequence[Reader]) -> str:
    """Rows of the files, for `insert`; fails with REJECTED_ROW at the first reject."""
    selects = []
    for reader in readers:
        wrong = _is_reject(contract, reader)
        file = (
            "_landed_file"
            if wrong == "false"
            else f"if({wrong}, raise_error('{REJECTED_ROW}'), _landed_file)"
        )
        selects.append(f"""
    select {file} as _landed_file, _landed_modified, {reader.rescued} as _rescued_data,
        {_values(contract)}
    from ({_records(contract, reader)}
    )""")
    return " union all ".join(selects)


def create_stage(contract: Contract, table: str) -> str:
    """Creates a scratch table for the rows of a batch and their errors, without statistics."""
    values = ", ".join(f"{_value(column)} {column.type}" for column in contract.columns)
    return f"""
create table {table} (
    _landed_file string, _landed_modified timestamp, _rescued_data string, {values},
    _record string, _errors {ERRORS}
) using parquet options ('parquet.column.statistics.enabled' 'false')"""


def stage(contract: Contract, table: str, readers: Sequence[Reader]) -> str:
    """Fills the scratch table; `_errors` and `_record` are null for a valid row."""
    selects = [
        f"""
select _landed_file, _landed_modified, {reader.rescued} as _rescued_data,
    {_values(contract)},
    if(_landed_reject, {reader.record}, null) as _record,
    if(_landed_reject, {_errors(contract, reader)}, null) as _errors
from (
    select *, {_is_reject(contract, reader)} as _landed_reject
    from ({_records(contract, reader)}
    )
)"""
        for reader in readers
    ]
    return f"insert into {table}{' union all '.join(selects)}"


def count_staged(table: str) -> str:
    """Number of rows and of rejects in a scratch table, by file."""
    return f"select _landed_file, count(*), count(_errors) from {table} group by _landed_file"


def select_staged(table: str, batch: Batch) -> str:
    """Rows of a scratch table, for `insert`; without rejects, and without rejected files."""
    rejected = [outcome.source_file for outcome in batch.outcomes if outcome.state != LOADED]
    kept = f" and not {in_list('_landed_file', rejected)}" if rejected else ""
    return f"select * from {table} where _errors is null{kept}"


def quarantine(dataset: str, load_id: str, table: str) -> str:
    """Writes the rejects of a scratch table; the quarantine shows them once the batch is closed."""
    return f"""
insert into {REJECTS} (dataset, source_file, record, errors, load_id, quarantined_at)
select {literal(dataset)}, _landed_file, _record, _errors, {literal(load_id)}, current_timestamp()
from {table}
where _errors is not null"""


def insert(contract: Contract, batch: Batch, records: str, order: Sequence[str]) -> str:
    """Commits a batch to bronze; `order` has the columns of the table.

    `records` is a query by `select_files` or `select_staged`, or empty. Of two batches with one
    number Delta commits one: the other fails, or is skipped without an error
    (https://github.com/delta-io/delta/pull/1141).
    """
    values = {
        "_source_file": "_landed_file",
        "_source_modified_at": "_landed_modified",
        "_load_id": literal(batch.load_id),
        "_loaded_at": "current_timestamp()",
        "_rescued_data": "_rescued_data",
    } | {column.name.lower(): _value(column) for column in contract.columns}
    columns = ", ".join(
        f"{values.get(name.lower(), 'null')} as {identifier(name)}" for name in order
    )
    source = f"select {columns} from ({records}\n)"
    if not records:
        source = f"select {', '.join(f'null as {identifier(name)}' for name in order)} where false"
    return f"""
insert into {bronze(contract)} with (
    'txnAppId' = {literal(contract.dataset)}, 'txnVersion' = '{batch.number}',
    'userMetadata' = {literal(batch.text())}
) {_replacing(contract, batch)}
{source}"""


def _replacing(contract: Contract, batch: Batch) -> str:
    """The `replace where` clause: the rows of corrected files, or all rows in mode `full`."""
    if contract.rules.mode == "full":
        return "replace where true" if batch.loaded else ""
    replaced = [
        outcome.source_file
        for outcome in batch.outcomes
        if outcome.replaces and outcome.state == LOADED
    ]
    # Delta requires that every inserted row matches the condition.
    own = f"_load_id = {literal(batch.load_id)}"
    return f"replace where {own} or {in_list('_source_file', replaced)}" if replaced else ""


def count_committed(contract: Contract, load_id: str) -> str:
    """Number of rows of a batch in bronze, by file."""
    return f"""
select _source_file, count(*) from {bronze(contract)} where _load_id = {literal(load_id)}
group by all"""


def scan(reader: Reader) -> str:
    """Reads every cell of a reader's files; fails if one cannot be read completely."""
    return f"select bit_xor(xxhash64(_landed_file, {reader.record})) from ({reader.records()})"


def list_files(context: Context, uris: Collection[str]) -> str:
    """Spark's listing of stored files: URI, size in bytes, time in ms since 1970 UTC."""
    folder = identifier(
        escaped(context.landing.location(f"{context.landing.root}/{context.contract.location}"))
    )
    return f"""
select _metadata.file_path, _metadata.file_size, unix_millis(_metadata.file_modification_time)
from binaryFile.{folder} with ('recursiveFileLookup' = 'true')
where {in_list("_metadata.file_path", uris)}"""


def rescued_names(contract: Contract, load_id: str) -> str:
    """Names of the rescued columns of a JSON batch, in one text."""
    return f"""
select array_join(array_sort(collect_set(name)), ', ')
from (
    select explode(json_object_keys(_rescued_data)) as name
    from {bronze(contract)}
    where _load_id = {literal(load_id)} and _rescued_data is not null
)"""
