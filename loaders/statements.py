"""The SQL that lands a batch, made by pure functions.

One atomic statement commits a batch to bronze. It reads the files themselves
as long as every row fits; else they are staged once, with the errors of each row.
"""

from collections.abc import Collection, Sequence

from lakehouse.sql import identifier, in_list, literal
from loaders import cells
from loaders.cells import Cell
from loaders.context import Context
from loaders.contract import Column, Contract
from loaders.formats.reader import Reader, escaped
from loaders.ledger import ERRORS, LOADED, REJECTS, Batch

# What the landing statement fails with when it meets a row that does not fit.
UNFIT_ROW = "UNFIT_ROW"


def bronze(contract: Contract) -> str:
    """The bronze table's name, quoted."""
    return identifier(contract.schema, contract.identifier)


def _value(column: Column) -> str:
    return identifier(f"value of {column.name}")


def _values(contract: Contract) -> str:
    return ", ".join(map(_value, contract.columns))


def _records(contract: Contract, reader: Reader) -> str:
    """A reader's records, beside their cells the `_value` of each column, so that a cell is cast once."""
    values = []
    for column in contract.columns:
        cell = reader.cells.get(column.name)
        cast = (
            cells.value(cell, column, contract.format_of(column))
            if cell
            else f"cast(null as {column.type})"
        )
        values.append(f"{cast} as {_value(column)}")
    return f"""
    select *, {", ".join(values)}
    from ({reader.records()}
    )"""


def _checks(
    contract: Contract, reader: Reader
) -> list[tuple[str, Column | None, Cell | None, str]]:
    """Every condition under which one of the `_records` does not fit, with its column, cell and reason (SQL)."""
    checks: list = [(condition, None, None, literal(reason)) for condition, reason in reader.faults]
    for column in contract.columns:
        cell = reader.cells.get(column.name)
        if cell is None:
            continue
        wrong = cells.unfit(cell, column, _value(column))
        if column.required:
            # What is empty is no value either: one look for both, as this is asked of every row.
            wrong = cells.empty(cell) if wrong == "false" else f"{_value(column)} is null"
        if wrong != "false":
            checks.append(
                (wrong, column, cell, cells.reason(cell, column, contract.format_of(column)))
            )
    return checks


def _does_not_fit(contract: Contract, reader: Reader) -> str:
    conditions = " or ".join(condition for condition, *_ in _checks(contract, reader))
    return f"coalesce({conditions}, false)" if conditions else "false"


def _errors(contract: Contract, reader: Reader) -> str:
    """An array of {column, value, reason}, empty for a row that fits."""
    structs = []
    for condition, column, cell, reason in _checks(contract, reader):
        name = literal(column.name) if column else "cast(null as string)"
        value = cell.held if cell else "null"
        structs.append(
            f"if({condition}, named_struct('column', {name}, 'value', cast({value} as string), "
            f"'reason', {reason}), null)"
        )
    return f"filter(array({', '.join(structs)}), e -> e is not null)" if structs else "array()"


def read(contract: Contract, readers: Sequence[Reader]) -> str:
    """What the files hold, for `land`; fails with UNFIT_ROW at the first row that does not fit."""
    selects = []
    for reader in readers:
        wrong = _does_not_fit(contract, reader)
        file = (
            "_landed_file"
            if wrong == "false"
            else f"if({wrong}, raise_error('{UNFIT_ROW}'), _landed_file)"
        )
        selects.append(f"""
    select {file} as _landed_file, _landed_modified, {reader.rescued} as _rescued_data, {_values(contract)}
    from ({_records(contract, reader)}
    )""")
    return " union all ".join(selects)


def create_stage(contract: Contract, table: str) -> str:
    """A scratch table for the rows of a batch, with their errors: all are read, so no statistics are kept."""
    values = ", ".join(f"{_value(column)} {column.type}" for column in contract.columns)
    return f"""
create table {table} (
    _landed_file string, _landed_modified timestamp, _rescued_data string, {values}, _record string, _errors {ERRORS}
) using parquet options ('parquet.column.statistics.enabled' 'false')"""


def stage(contract: Contract, table: str, readers: Sequence[Reader]) -> str:
    """Fills the scratch table; `_errors` and `_record` are null for a row that fits."""
    selects = [
        f"""
select _landed_file, _landed_modified, {reader.rescued} as _rescued_data, {_values(contract)},
    if(_landed_unfit, {reader.record}, null) as _record,
    if(_landed_unfit, {_errors(contract, reader)}, null) as _errors
from (
    select *, {_does_not_fit(contract, reader)} as _landed_unfit
    from ({_records(contract, reader)}
    )
)"""
        for reader in readers
    ]
    return f"insert into {table}{' union all '.join(selects)}"


def count_staged(table: str) -> str:
    """By file the rows of a scratch table, and those that do not fit."""
    return f"select _landed_file, count(*), count(_errors) from {table} group by _landed_file"


def staged(table: str, batch: Batch) -> str:
    """What a batch lands of a scratch table, for `land`."""
    held_back = [fate.source_file for fate in batch.fates if fate.state != LOADED]
    kept = f" and not {in_list('_landed_file', held_back)}" if held_back else ""
    return f"select * from {table} where _errors is null{kept}"


def quarantine(dataset: str, load_id: str, table: str) -> str:
    """Writes the rows of a scratch table that do not fit; nobody sees them before their batch is landed and closed."""
    return f"""
insert into {REJECTS} (dataset, source_file, record, errors, load_id, quarantined_at)
select {literal(dataset)}, _landed_file, _record, _errors, {literal(load_id)}, current_timestamp()
from {table}
where _errors is not null"""


def land(contract: Contract, batch: Batch, records: str, order: Sequence[str]) -> str:
    """The commit of a batch to bronze: `records` of `read` or `staged`, or none; `order` are the table's columns.

    Of two batches with one number Delta takes one; the other fails, or is left out without a word.
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
    'txnAppId' = {literal(contract.dataset)}, 'txnVersion' = '{batch.number}', 'userMetadata' = {literal(batch.text())}
) {_replacing(contract, batch)}
{source}"""


def _replacing(contract: Contract, batch: Batch) -> str:
    """What a batch replaces: the rows of its corrected files; in mode `full`, all."""
    if contract.rules.mode == "full":
        return "replace where true" if batch.landing else ""
    replaced = [fate.source_file for fate in batch.fates if fate.replaces and fate.state == LOADED]
    # Delta wants every new row to be one of those that are replaced.
    own = f"_load_id = {literal(batch.load_id)}"
    return f"replace where {own} or {in_list('_source_file', replaced)}" if replaced else ""


def count_landed(contract: Contract, load_id: str) -> str:
    """By file the rows that bronze has of a batch; what a later one replaced is told by that one."""
    return f"select _source_file, count(*) from {bronze(contract)} where _load_id = {literal(load_id)} group by all"


def count_read(reader: Reader) -> str:
    """Reads every cell of a reader's files; fails where one cannot be read to its end."""
    return f"select bit_xor(xxhash64(_landed_file, {reader.record})) from ({reader.records()})"


def listed(context: Context, uris: Collection[str]) -> str:
    """What Spark lists of stored files: path, size in bytes, modification time in milliseconds. No content is read."""
    folder = identifier(
        escaped(context.landing.location(f"{context.landing.root}/{context.contract.location}"))
    )
    return f"""
select _metadata.file_path, _metadata.file_size, unix_millis(_metadata.file_modification_time)
from binaryFile.{folder} with ('recursiveFileLookup' = 'true')
where {in_list("_metadata.file_path", uris)}"""


def rescued_names(contract: Contract, load_id: str) -> str:
    """What a batch of JSON rescued: the names, in order."""
    return f"""
select array_join(array_sort(collect_set(name)), ', ')
from (
    select explode(json_object_keys(_rescued_data)) as name
    from {bronze(contract)}
    where _load_id = {literal(load_id)} and _rescued_data is not null
)"""
