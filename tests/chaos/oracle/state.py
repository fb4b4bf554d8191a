"""The possible states of the tables after loads, some of which were killed.

A killed load may have loaded any of its files or none. So every possible state is kept until a
comparison shows the actual one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.chaos.datasets import DATASETS, Dataset
from tests.chaos.deliveries import Delivery
from tests.chaos.oracle.reading import read

# The files of a dataset in the landing folder, by name.
Present = Mapping[str, Delivery]


@dataclass(frozen=True)
class FileState:
    """The expected content of the tables for one file name.

    `in_bronze` is the delivery whose rows are in bronze, `recorded` the delivery in the ledger, and
    `state` its state in the ledger; empty without an entry.
    """

    in_bronze: Delivery | None = None
    recorded: Delivery | None = None
    state: str = ""

    def is_final(self, delivery: Delivery) -> bool:
        """Whether a load does nothing for the delivery."""
        return self.recorded == delivery and self.state in ("loaded", "rejected")


# The states of all files of a dataset in mode `full`, sorted by name.
TableState = tuple[tuple[str, FileState], ...]


def load_file(dataset: Dataset, name: str, state: FileState, delivery: Delivery) -> FileState:
    """The state of a file after a complete load of the delivery."""
    if state.is_final(delivery):
        return state
    if read(dataset, name, delivery.content).rejected:
        # A rejected correction leaves the rows of the earlier delivery.
        return FileState(state.in_bronze, delivery, "rejected")
    return FileState(delivery, delivery, "loaded")


def load_table(dataset: Dataset, table: TableState, present: Present) -> TableState:
    """The state of a dataset in mode `full` after a complete load: the newest file replaces it."""
    if not present:
        return table
    files = dict(table)
    newest = _newest(present)
    delivery, state = present[newest], files.get(newest, FileState())
    if state.is_final(delivery):
        return table
    reading = read(dataset, newest, delivery.content)
    if reading.rejected or not reading.count:
        files[newest] = FileState(state.in_bronze, delivery, "rejected")
        return _sorted(files)
    for name, other in files.items():
        superseded = "superseded" if other.state == "loaded" else other.state
        files[name] = FileState(None, other.recorded, superseded)
    files[newest] = FileState(delivery, delivery, "loaded")
    return _sorted(files)


def _table_with_changed_file(table: TableState, present: Present) -> TableState:
    """The state of a dataset in mode `full` when its newest file changed while it was read."""
    if not present:
        return table
    files = dict(table)
    newest = _newest(present)
    files[newest] = _changed(files.get(newest, FileState()), present[newest])
    return _sorted(files)


def _changed(state: FileState, delivery: Delivery) -> FileState:
    return replace(state, recorded=delivery, state="changed")


def _newest(present: Present) -> str:
    return max(present, key=lambda name: (present[name].modified, name))


def _sorted(files: dict[str, FileState]) -> TableState:
    return tuple(sorted(files.items(), key=lambda file: file[0]))


@dataclass
class PossibleStates:
    """The possible states by dataset: of each file, and of each table in mode `full`."""

    files: dict[str, dict[str, set[FileState]]] = field(
        default_factory=lambda: {dataset.name: {} for dataset in DATASETS}
    )
    tables: dict[str, set[TableState]] = field(
        default_factory=lambda: {dataset.name: {()} for dataset in DATASETS}
    )

    def add_interrupted_load(self, dataset: Dataset, present: Present, changing: bool) -> None:
        """Add the states after a load that may be killed; `changing`: files may change."""
        self._load(dataset, present, changing, complete=False)

    def add_complete_load(self, dataset: Dataset, present: Present) -> None:
        """Replace the states with those after a complete load."""
        self._load(dataset, present, changing=False, complete=True)

    def _load(self, dataset: Dataset, present: Present, changing: bool, complete: bool) -> None:
        if dataset.mode == "full":
            before = self.tables[dataset.name]
            after = {load_table(dataset, table, present) for table in before}
            if changing:
                after |= {_table_with_changed_file(table, present) for table in before}
            self.tables[dataset.name] = after if complete else before | after
            return
        files = self.files[dataset.name]
        for name, delivery in present.items():
            before = files.get(name, {FileState()})
            after = {load_file(dataset, name, state, delivery) for state in before}
            if changing:
                after |= {_changed(state, delivery) for state in before}
            files[name] = after if complete else before | after
