"""The SQL of a load, made by pure functions.

One atomic statement lands a batch: an append at first, and where it may have
been landed before, or replaces files, `insert into … replace where _load_id =
'<batch>'`. It reads the files themselves as long as every row fits; else they
are staged once, with the errors of each row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lakehouse.sql import identifier, in_list, literal
from loaders.contract import Column, Contract
from loaders.ledger import Entry, guard
from loaders.readers import Cell, Reader

QUARANTINE = "bronze.load_quarantine"
# What the landing statement fails with when it meets a row that does not fit.
MISFIT = "MISFIT_ROW"
ERRORS = "array<struct<column: string, value: string, reason: string>>"
# Bronze is read by batch and by file: minima of its other columns cost a fifth of a load.
SKIPPING = "_source_file,_source_modified_at,_load_id,_loaded_at"

CREATE_QUARANTINE = f"""
create table if not exists {QUARANTINE} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    record string comment 'The row: the raw text where the reader kept it, else its cells as JSON.',
    errors {ERRORS} not null
        comment 'Every reason why the row does not fit its contract.',
    load_id string not null comment 'The batch that read the row.',
    quarantined_at timestamp not null
) using delta
comment 'One row per landed row that does not fit its contract; nothing is dropped.'
"""


@dataclass(frozen=True)
class Batch:
    """An open batch of one dataset, as the ledger has it.

    `kept` are its files of which nothing is landed now (gone, changed, unfit
    or held back): the rows that bronze has of them stay. It is landed `first`
    by who claimed it; every other attempt is a repeat.
    """

    contract: Contract
    load_id: str
    entries: tuple[Entry, ...]
    kept: tuple[str, ...] = ()
    first: bool = False

    @property
    def landing(self) -> list[Entry]:
        """The entries of the files that it lands."""
        return [entry for entry in self.entries if entry.source_file not in self.kept]

    @property
    def replaced(self) -> list[str]:
        """Files whose earlier rows it replaces."""
        return sorted({entry.replaces for entry in self.landing if entry.replaces})

    @property
    def appends(self) -> bool:
        """Whether bronze has nothing that it replaces."""
        return self.first and not self.replaced and self.contract.rules.mode != "full"

    @property
    def guard(self) -> str:
        """A condition that fails a statement that comes late; of a first attempt Delta refuses that itself."""
        return "true" if self.first else guard(self.contract.dataset, self.load_id, len(self.entries))


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
tblproperties ('delta.enableChangeDataFeed' = 'true', 'delta.dataSkippingStatsColumns' = '{SKIPPING}')"""


def add_columns(contract: Contract, columns: Iterable[Column]) -> str:
    """Adds what the contract has come to know since the table was made."""
    return f"alter table {bronze(contract)} add columns ({', '.join(map(_column, columns))})"


def widen_column(contract: Contract, column: Column) -> tuple[str, str]:
    """Gives a column its contract's wider type, without a rewrite of the table."""
    table = bronze(contract)
    return (
        f"alter table {table} set tblproperties ('delta.enableTypeWidening' = 'true')",
        f"alter table {table} alter column {identifier(column.name)} type {column.type}",
    )


def count_lost(contract: Contract, column: Column, held: str) -> str:
    """Rows, and values among them that the contract's type cannot hold, with one of these."""
    cell = Cell(identifier(column.name), held)
    lost = misfit(cell, column, cast(cell, column, None))
    return f"""
select count(*), count_if({lost}), min(cast(if({lost}, {cell.expression}, null) as string))
from {bronze(contract)}"""


def _column(column: Column) -> str:
    return f"{identifier(column.name)} {column.type} comment {literal(column.description)}"


def bronze(contract: Contract) -> str:
    return identifier(contract.schema, contract.identifier)


def cast(cell: Cell, column: Column, pattern: str | None) -> str:
    """The cell as its contract type, or null where it does not fit exactly."""
    value = cell.expression
    if column.type == cell.type:
        return value
    if column.type == "string":
        return f"cast({value} as string)"
    if cell.type != "string":
        typed = f"try_cast({value} as {column.type})"
        return f"if(try_cast({typed} as {cell.type}) = {value}, {typed}, null)"
    if pattern and column.type == "date":
        return f"try_to_date({value}, {literal(pattern)})"
    if pattern:
        return f"cast(try_to_timestamp({value}, {literal(pattern)}) as {column.type})"
    typed = f"try_cast({value} as {column.type})"
    if column.type.startswith("decimal"):
        # A cast rounds silently; a cell with more places than its type has does not fit. To count them is faster.
        precision, scale = map(int, column.type.removeprefix("decimal(").rstrip(")").split(","))
        few = f"instr({value}, '.') >= length({value}) - {scale}"
        plain = f"not contains({value}, 'e') and not contains({value}, 'E')"
        exact = f"{typed} = try_cast({value} as decimal(38,{38 - precision + scale}))"
        return f"if(({few} and {plain}) or {exact}, {typed}, null)"
    return typed


def misfit(cell: Cell, column: Column, value: str) -> str:
    """Whether a cell holds something of which its cast makes no value; may be null for false."""
    if cell.type == column.type or column.type == "string":
        return "false"
    holds = f"{cell.expression} <> ''" if cell.type == "string" else f"{cell.expression} is not null"
    return f"({value} is null and {holds})"


def _empty(cell: Cell) -> str:
    blank = f" or trim({cell.expression}) = ''" if cell.type == "string" else ""
    return f"({cell.expression} is null{blank})"


def _value(column: Column) -> str:
    return identifier(f"value of {column.name}")


def _values(contract: Contract) -> str:
    return ", ".join(map(_value, contract.columns))


def _records(contract: Contract, reader: Reader) -> str:
    """A reader's records, beside their cells the `_value` of each column, so that a cell is cast once."""
    values = []
    for column in contract.columns:
        cell = reader.cells.get(column.name)
        value = cast(cell, column, contract.format_of(column)) if cell else f"cast(null as {column.type})"
        values.append(f"{value} as {_value(column)}")
    return f"""
    select *, {", ".join(values)}
    from ({reader.rows()}
    )"""


def _checks(contract: Contract, reader: Reader) -> list[tuple[str, Column | None, Cell | None, str]]:
    """Every condition under which one of the `_records` does not fit, with its column, cell and reason (SQL)."""
    checks = [(condition, None, None, literal(reason)) for condition, reason in reader.faults]
    for column in contract.columns:
        cell = reader.cells.get(column.name)
        if cell is None:
            continue
        wrong = misfit(cell, column, _value(column))
        pattern = contract.format_of(column)
        reason = literal(f"is no {column.type}{f' as {pattern}' if pattern and cell.type == 'string' else ''}")
        if column.required:
            # What is empty is no value either: one look for both, as this is asked of every row.
            wrong = _empty(cell) if wrong == "false" else f"{_value(column)} is null"
            reason = f"if({_empty(cell)}, 'is required, and is empty', {reason})"
        if wrong != "false":
            checks.append((wrong, column, cell, reason))
    return checks


def fits_not(contract: Contract, reader: Reader) -> str:
    """Whether one of the `_records` does not fit its contract."""
    conditions = " or ".join(condition for condition, *_ in _checks(contract, reader))
    return f"coalesce({conditions}, false)" if conditions else "false"


def errors(contract: Contract, reader: Reader) -> str:
    """An array of {column, value, reason}, empty for a row that fits."""
    structs = []
    for condition, column, cell, reason in _checks(contract, reader):
        name = literal(column.name) if column else "cast(null as string)"
        value = cell.expression if cell else "null"
        structs.append(
            f"if({condition}, named_struct('column', {name}, 'value', cast({value} as string), "
            f"'reason', {reason}), null)"
        )
    return f"filter(array({', '.join(structs)}), e -> e is not null)" if structs else "array()"


def read(contract: Contract, readers: Sequence[Reader]) -> str:
    """What the files hold, for `land`; fails with MISFIT at the first row that does not fit."""
    selects = []
    for reader in readers:
        wrong = fits_not(contract, reader)
        file = "_landed_file" if wrong == "false" else f"if({wrong}, raise_error('{MISFIT}'), _landed_file)"
        selects.append(f"""
    select {file} as _landed_file, _landed_modified, {reader.rescued} as _rescued_data, {_values(contract)}
    from ({_records(contract, reader)}
    )""")
    return " union all ".join(selects)


def create_stage(contract: Contract, table: str) -> str:
    """A scratch table for the rows of a batch of which some do not fit: all are read, so no statistics are kept."""
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
    if(_landed_misfit, {reader.record}, null) as _record,
    if(_landed_misfit, {errors(contract, reader)}, null) as _errors
from (
    select *, {fits_not(contract, reader)} as _landed_misfit
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
    """What fits of a scratch table, for `land`."""
    kept = f" and not {in_list('_landed_file', batch.kept)}" if batch.kept else ""
    return f"select * from {table} where _errors is null{kept}"


def land(batch: Batch, records: str, order: Sequence[str]) -> str:
    """The statement that lands a batch's `records` (empty: none); `order` are the bronze table's columns."""
    contract = batch.contract
    values = {
        "_source_file": "_landed_file",
        "_source_modified_at": "_landed_modified",
        "_load_id": literal(batch.load_id),
        "_loaded_at": "current_timestamp()",
        "_rescued_data": "_rescued_data",
    } | {column.name.lower(): _value(column) for column in contract.columns}
    columns = ",\n    ".join(f"{values.get(name.lower(), 'null')} as {identifier(name)}" for name in order)
    source = f"select\n    {columns}\nfrom ({records}\n)"
    guarded = batch.guard
    if not records:
        source, guarded = f"select {', '.join(f'null as {identifier(name)}' for name in order)}", f"not {guarded}"
    replaced = "" if batch.appends else f"replace where {_replaced(batch)}"
    return f"""
insert into {bronze(contract)} {replaced}
select * from ({source}
)
where {guarded}"""


def count_landed(batch: Batch) -> str:
    """By file the rows that bronze has of a batch."""
    table = bronze(batch.contract)
    return f"select _source_file, count(*) from {table} where _load_id = {literal(batch.load_id)} group by all"


def _replaced(batch: Batch) -> str:
    """The rows that a batch replaces: its own, and those of corrected files; in mode full, all."""
    if batch.contract.rules.mode == "full" and batch.landing:
        return "true"
    own = _own(batch, "_load_id", "_source_file")
    return f"{own} or {in_list('_source_file', batch.replaced)}" if batch.replaced else own


def _own(batch: Batch, load_id: str, source_file: str) -> str:
    """The rows that earlier attempts wrote of the files that are landed now; given are the table's columns."""
    own = f"{load_id} = {literal(batch.load_id)}"
    return f"({own} and not {in_list(source_file, batch.kept)})" if batch.kept else own


def probe(reader: Reader) -> str:
    """Reads every cell of a reader's files, and returns nothing of them."""
    return f"select bit_xor(xxhash64(_landed_file, {reader.record})) from ({reader.rows()})"


def quarantine(batch: Batch, table: str) -> str:
    """The statement that writes a batch's misfit rows from its scratch table (empty: none)."""
    dataset, load_id = literal(batch.contract.dataset), literal(batch.load_id)
    replaced = "" if batch.first else f"replace where dataset = {dataset} and {_own(batch, 'load_id', 'source_file')}"
    values = ("_landed_file", "_record", "_errors") if table else ("null", "null", "null")
    source = f"from {table}\nwhere _errors is not null and {batch.guard}" if table else f"where not {batch.guard}"
    return f"""
insert into {QUARANTINE} {replaced}
select {dataset} as dataset, {values[0]} as source_file, {values[1]} as record, {values[2]} as errors,
    {load_id} as load_id, current_timestamp() as quarantined_at
{source}"""


def forget(batch: Batch, claimed: int) -> str:
    """Deletes what the quarantine has of earlier contents of the batch's files.

    Of two loaders the late one deletes nothing of a later batch: that
    quarantined its rows after this batch was `claimed`, in microseconds since
    1970 UTC.
    """
    contract = batch.contract
    files = sorted({entry.source_file for entry in batch.landing} | set(batch.replaced))
    which = "true" if contract.rules.mode == "full" else in_list("source_file", files)
    return f"""
delete from {QUARANTINE}
where dataset = {literal(contract.dataset)} and load_id <> {literal(batch.load_id)}
and quarantined_at < timestamp_micros({claimed}) and {which}"""


def count_duplicates(contract: Contract, load_id: str) -> str:
    """Rows landed by a batch that repeat the declared key of a row in bronze."""
    key = ", ".join(identifier(name) for name in contract.rules.key)
    return f"""
select coalesce(sum(least(mine, copies - 1)), 0)
from (
    select count(*) as copies, count_if(_load_id = {literal(load_id)}) as mine
    from {bronze(contract)}
    group by {key}
    having copies > 1 and mine > 0
)"""


def rescued_names(contract: Contract, load_id: str) -> str:
    """What a batch of JSON rescued: the names, in order."""
    return f"""
select array_join(array_sort(collect_set(name)), ', ')
from (
    select explode(json_object_keys(_rescued_data)) as name
    from {bronze(contract)}
    where _load_id = {literal(load_id)} and _rescued_data is not null
)"""
