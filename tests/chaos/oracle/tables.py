"""The stored rows, rejects and ledger entries, by file."""

import json
from collections import Counter
from dataclasses import dataclass, field

from lakehouse.sql import literal
from lakehouse.thrift import Session
from tests.chaos.datasets import SOURCE, Dataset

# A row for comparison: (modified, a value for each field …, rescued cells or None).
Row = tuple
# A reject for comparison: the sorted (field, text) pairs of its invalid cells.
Reject = tuple[tuple[str, str | None], ...]


@dataclass
class Stored:
    """The stored content of one file.

    `entry` is (state, modified, size, rows read, rows loaded, rows rejected) of the ledger.
    """

    rows: Counter[Row] = field(default_factory=Counter)
    rejects: Counter[Reject] = field(default_factory=Counter)
    entry: tuple | None = None


def stored_files(session: Session, dataset: Dataset) -> dict[str, Stored]:
    """The stored content of a dataset's files, by name below the dataset's location."""
    files: dict[str, Stored] = {}

    def of(source_file: str) -> Stored:
        return files.setdefault(source_file.removeprefix(f"{dataset.location}/"), Stored())

    this_dataset = f"dataset = {literal(f'{SOURCE}.{dataset.name}')}"
    for name, modified, rescued, *values in session.execute(_select_rows(dataset)):
        of(name).rows[(modified, *map(_comparable, values), _rescued_cells(rescued))] += 1
    for name, errors in session.execute(
        "select source_file, to_json(errors, map('ignoreNullFields', 'false')) "
        f"from bronze.load_quarantine where {this_dataset}"
    ):
        cells = ((error["column"], error["value"]) for error in json.loads(errors))
        of(name).rejects[tuple(sorted(cells, key=repr))] += 1
    for name, *entry in session.execute(
        "select source_file, state, unix_millis(modified_at), size_bytes, "
        "rows_read, rows_loaded, rows_rejected "
        f"from bronze.load_ledger where {this_dataset}"
    ):
        if of(name).entry is not None:
            raise AssertionError(f"the ledger has two rows of {name}")
        of(name).entry = tuple(entry)
    return files


SELECTED = {
    "timestamp": "date_format(`{}`, 'yyyy-MM-dd HH:mm:ss.SSSSSS')",
    "date": "cast(`{}` as string)",
}


def _select_rows(dataset: Dataset) -> str:
    columns = ", ".join(
        SELECTED.get(field.type, "`{}`").format(field.name) for field in dataset.fields
    )
    return (
        f"select _source_file, unix_millis(_source_modified_at), _rescued_data, {columns} "
        f"from {dataset.table}"
    )


def _comparable(value: object) -> object:
    """A double as its repr, so that -0.0 and 0.0 differ; JSON in canonical form."""
    return repr(value) if isinstance(value, float) else canonical(value)


def _rescued_cells(text: str | None) -> tuple | None:
    if text is None:
        return None
    cells = json.loads(text, parse_int=str, parse_float=str)
    return tuple(sorted((name, canonical(cell)) for name, cell in cells.items()))


def canonical(cell: object) -> object:
    """A text that is a JSON object or array, without its spaces and with sorted names."""
    if isinstance(cell, str) and cell[:1] in ("{", "["):
        try:
            return json.dumps(json.loads(cell, parse_int=str, parse_float=str), sort_keys=True)
        except ValueError:
            return cell
    return cell
