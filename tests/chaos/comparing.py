"""What the tables hold, beside what they may hold by the independent reading."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from lakehouse.sql import literal
from lakehouse.thrift import Session
from tests.chaos.datasets import SOURCE, Dataset
from tests.chaos.deliveries import Delivery, is_folder
from tests.chaos.reading import WHOLE
from tests.chaos.world import Fate, World, reading_of

# How many rows of a difference are shown.
SHOWN = 4


@dataclass
class Found:
    """What the tables hold of one file: landed rows, errors of rows that did not fit, the ledger's entry."""

    rows: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)
    entry: tuple | None = None


# ---- what is there


def found_in(session: Session, dataset: Dataset) -> dict[str, Found]:
    """What the tables hold of a dataset, by the files' names below its location."""
    found: dict[str, Found] = {}

    def of(source_file: str) -> Found:
        return found.setdefault(source_file.removeprefix(f"{dataset.location}/"), Found())

    this = f"dataset = {literal(f'{SOURCE}.{dataset.name}')}"
    for name, modified, rescued, *values in session.execute(_select_rows(dataset)):
        of(name).rows[(modified, *map(_shown, values), _rescued(rescued))] += 1
    for name, errors in session.execute(
        "select source_file, to_json(errors, map('ignoreNullFields', 'false')) "
        f"from bronze.load_quarantine where {this}"
    ):
        pairs = ((error["column"], error["value"]) for error in json.loads(errors))
        of(name).errors[tuple(sorted(pairs, key=repr))] += 1
    for name, *entry in session.execute(
        "select source_file, state, unix_millis(modified_at), size_bytes, rows_read, rows_loaded, rows_rejected "
        f"from bronze.load_ledger where {this}"
    ):
        if of(name).entry is not None:
            raise AssertionError(f"the ledger has two rows of {name}")
        of(name).entry = tuple(entry)
    return found


def _select_rows(dataset: Dataset) -> str:
    times = {
        "timestamp": "date_format(`{}`, 'yyyy-MM-dd HH:mm:ss.SSSSSS')",
        "date": "cast(`{}` as string)",
    }
    columns = ", ".join(
        times.get(field.type, "`{}`").format(field.name) for field in dataset.fields
    )
    return f"select _source_file, unix_millis(_source_modified_at), _rescued_data, {columns} from {dataset.table}"


def _shown(value: object) -> object:
    """A double as text, as the reading has it; texts in one spelling."""
    return (
        repr(value)
        if isinstance(value, float)
        else _canonical(value)
        if isinstance(value, str)
        else value
    )


def _rescued(text: str | None) -> tuple | None:
    if text is None:
        return None
    cells = json.loads(text, parse_int=str, parse_float=str)
    return tuple(sorted((name, _canonical(cell)) for name, cell in cells.items()))


def _canonical(cell: object) -> object:
    """An object or array within a text: its spaces and the order of its names do not count."""
    if isinstance(cell, str) and cell[:1] in ("{", "["):
        try:
            return json.dumps(json.loads(cell, parse_int=str, parse_float=str), sort_keys=True)
        except ValueError:
            return cell
    return cell


# ---- what should be there


def differences(dataset: Dataset, world: World, found: dict[str, Found]) -> list[str]:
    """How the tables differ from every possibility, in sentences; else narrows the world to what is."""
    if dataset.mode == "full":
        return _table_differences(dataset, world, found)
    sentences = []
    fates = world.fates[dataset.name]
    for name in sorted(fates.keys() | found.keys()):
        known = found.get(name, Found())
        told = {fate: _differs(dataset, name, fate, known) for fate in fates.get(name, {Fate()})}
        if fits := {fate for fate, difference in told.items() if not difference}:
            fates[name] = fits
        else:
            sentences.append(_sentence(dataset, name, told.values()))
    return sentences


def _table_differences(dataset: Dataset, world: World, found: dict[str, Found]) -> list[str]:
    told = {}
    for table in world.tables[dataset.name]:
        fates = dict(table)
        names = sorted(fates.keys() | found.keys())
        every = [
            (name, _differs(dataset, name, fates.get(name, Fate()), found.get(name, Found())))
            for name in names
        ]
        told[table] = [f"{name}: {difference}" for name, difference in every if difference]
    if fits := {table for table, difference in told.items() if not difference}:
        world.tables[dataset.name] = fits
        return []
    return [
        _sentence(
            dataset, "the whole table", ["; ".join(difference) for difference in told.values()]
        )
    ]


def _sentence(dataset: Dataset, name: str, told: Iterable[str]) -> str:
    first, *others = sorted(set(told), key=len)
    more = f" (and none of {len(others)} other possibilities)" if others else ""
    return f"{dataset.name}, {name}: {first}{more}"


def _differs(dataset: Dataset, name: str, fate: Fate, found: Found) -> str:
    """How what was found differs from a fate; empty: not at all."""
    parts = (
        _entry_differs(dataset, name, fate, found),
        _rows_differ(dataset, name, fate, found),
        _errors_differ(dataset, name, fate, found),
    )
    return "; ".join(part for part in parts if part)


def _entry_differs(dataset: Dataset, name: str, fate: Fate, found: Found) -> str:
    if not fate.told:
        return (
            "" if found.entry is None else f"the ledger has {found.entry}, and should not know it"
        )
    expected: tuple = (fate.state, fate.told.modified, _size(name, fate.told))
    reading = reading_of(dataset, name, fate.told)
    counted = fate.state == "loaded" or (fate.state == "rejected" and reading.held_back)
    if counted:
        landed = len(reading.rows) if fate.state == "loaded" else 0
        expected += (reading.count, landed, len(reading.misfits))
    entry = found.entry and found.entry[: len(expected)]
    why = f" ({reading.unusable})" if reading.unusable else ""
    return "" if entry == expected else f"the ledger has {found.entry}, expected {expected}{why}"


def _size(name: str, delivery: Delivery) -> int:
    if not is_folder(name):
        return len(delivery.content)
    return sum(
        len(content) for part, content in delivery.content if not part.startswith((".", "_"))
    )


def _rows_differ(dataset: Dataset, name: str, fate: Fate, found: Found) -> str:
    expected: Counter = Counter()
    if fate.landed:
        for *values, rescued in reading_of(dataset, name, fate.landed).rows:
            shown = rescued and tuple((key, _canonical(text)) for key, text in rescued)
            expected[(fate.landed.modified, *map(_canonical, values), shown)] += 1
    return _counters_differ("bronze", found.rows, expected)


def _errors_differ(dataset: Dataset, name: str, fate: Fate, found: Found) -> str:
    misfits = ()
    if fate.told and fate.state in ("loaded", "rejected"):
        misfits = reading_of(dataset, name, fate.told).misfits
    expected = Counter(misfit for misfit in misfits if misfit is not WHOLE)
    whole = len(misfits) - expected.total()
    left = found.errors - expected
    if not expected - found.errors and left.total() == whole:
        return ""
    difference = _counters_differ("the quarantine", found.errors, expected)
    return f"{difference}, and {whole} rows that do not fit as a whole"


def _counters_differ(where: str, found: Counter, expected: Counter) -> str:
    if found == expected:
        return ""
    more, less = found - expected, expected - found
    sentence = f"{where} has {found.total()} rows, expected {expected.total()}"
    if more:
        sentence += f"; {more.total()} too many, as {_some(more)}"
    if less:
        sentence += f"; {less.total()} are missing, as {_some(less)}"
    return sentence


def _some(rows: Counter) -> str:
    shown = [
        str(tuple(str(v) if isinstance(v, Decimal) else v for v in row))
        for row in list(rows)[:SHOWN]
    ]
    return "\n      " + "\n      ".join(shown)
