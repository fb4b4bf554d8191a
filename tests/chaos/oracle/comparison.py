"""The comparison of the tables with every possible state."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from tests.chaos.datasets import Dataset
from tests.chaos.deliveries import data_files
from tests.chaos.oracle.reading import MALFORMED, read
from tests.chaos.oracle.state import FileState, PossibleStates
from tests.chaos.oracle.tables import Stored, canonical

# Maximum number of rows that are shown of a difference.
SHOWN_ROWS = 4


def differences(
    dataset: Dataset, possible: PossibleStates, stored: Mapping[str, Stored]
) -> list[str]:
    """A sentence for each file, or each table in mode `full`, that matches no possible state.

    For the others, only the states that match stay possible.
    """
    if dataset.mode == "full":
        return _table_differences(dataset, possible, stored)
    sentences = []
    files = possible.files[dataset.name]
    for name in sorted(files.keys() | stored.keys()):
        by_state = {
            state: _difference(dataset, name, state, stored.get(name, Stored()))
            for state in files.get(name, {FileState()})
        }
        if matching := {state for state, difference in by_state.items() if not difference}:
            files[name] = matching
        else:
            sentences.append(_sentence(dataset, name, by_state.values()))
    return sentences


def _table_differences(
    dataset: Dataset, possible: PossibleStates, stored: Mapping[str, Stored]
) -> list[str]:
    by_table = {}
    for table in possible.tables[dataset.name]:
        files = dict(table)
        found = {
            name: _difference(
                dataset, name, files.get(name, FileState()), stored.get(name, Stored())
            )
            for name in sorted(files.keys() | stored.keys())
        }
        by_table[table] = "; ".join(
            f"{name}: {difference}" for name, difference in found.items() if difference
        )
    if matching := {table for table, difference in by_table.items() if not difference}:
        possible.tables[dataset.name] = matching
        return []
    return [_sentence(dataset, "the whole table", by_table.values())]


def _sentence(dataset: Dataset, name: str, differences: Iterable[str]) -> str:
    first, *others = sorted(set(differences), key=len)
    more = f" (and {len(others)} other possible states do not match)" if others else ""
    return f"{dataset.name}, {name}: {first}{more}"


def _difference(dataset: Dataset, name: str, state: FileState, stored: Stored) -> str:
    """The difference between the stored file and a state; empty if there is none."""
    parts = (
        _entry_difference(dataset, name, state, stored),
        _row_difference(dataset, name, state, stored),
        _reject_difference(dataset, name, state, stored),
    )
    return "; ".join(part for part in parts if part)


def _entry_difference(dataset: Dataset, name: str, state: FileState, stored: Stored) -> str:
    delivery = state.recorded
    if not delivery:
        return "" if stored.entry is None else f"the ledger has {stored.entry}, expected no entry"
    size = sum(map(len, data_files(delivery.content)))
    expected: tuple = (state.state, delivery.modified, size)
    reading = read(dataset, name, delivery.content)
    # Entries in other states have no defined counts.
    if state.state == "loaded" or (state.state == "rejected" and reading.over_limit):
        loaded = len(reading.rows) if state.state == "loaded" else 0
        expected += (reading.count, loaded, len(reading.rejects))
    if stored.entry and stored.entry[: len(expected)] == expected:
        return ""
    reason = f" ({reading.file_error})" if reading.file_error else ""
    return f"the ledger has {stored.entry}, expected {expected}{reason}"


def _row_difference(dataset: Dataset, name: str, state: FileState, stored: Stored) -> str:
    expected: Counter = Counter()
    if state.in_bronze:
        for *values, rescued in read(dataset, name, state.in_bronze.content).rows:
            cells = rescued and tuple((column, canonical(text)) for column, text in rescued)
            expected[(state.in_bronze.modified, *map(canonical, values), cells)] += 1
    return _counter_difference("bronze", stored.rows, expected)


def _reject_difference(dataset: Dataset, name: str, state: FileState, stored: Stored) -> str:
    rejects: tuple = ()
    if state.recorded and state.state in ("loaded", "rejected"):
        rejects = read(dataset, name, state.recorded.content).rejects
    expected = Counter(reject for reject in rejects if reject is not MALFORMED)
    malformed = len(rejects) - expected.total()
    # The stored cells of a malformed row are not defined, so only such rows are counted.
    others = stored.rejects - expected
    if not expected - stored.rejects and others.total() == malformed:
        return ""
    difference = _counter_difference("the quarantine", stored.rejects, expected)
    return f"{difference}, and {malformed} malformed rows"


def _counter_difference(table: str, stored: Counter, expected: Counter) -> str:
    if stored == expected:
        return ""
    extra, missing = stored - expected, expected - stored
    sentence = f"{table} has {stored.total()} rows, expected {expected.total()}"
    if extra:
        sentence += f"; {extra.total()} extra, as {_examples(extra)}"
    if missing:
        sentence += f"; {missing.total()} missing, as {_examples(missing)}"
    return sentence


def _examples(rows: Counter) -> str:
    shown = [
        str(tuple(str(value) if isinstance(value, Decimal) else value for value in row))
        for row in list(rows)[:SHOWN_ROWS]
    ]
    return "\n      " + "\n      ".join(shown)
