"""The landing folder: a model of its files, and functions that change the files on disk."""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.datasets import DATASETS, Dataset
from tests.chaos.deliveries import Delivery, is_directory
from tests.chaos.generator.files import draw_content, new_name

# 2026-01-05, before any run: no file is modified in the future.
START = 1_767_571_200_000


@dataclass(frozen=True)
class Change:
    """The new delivery of a file name; None removes the file."""

    dataset: Dataset
    name: str
    delivery: Delivery | None


@dataclass(frozen=True)
class Action:
    """Changes that are made together; `what` describes them."""

    what: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        names = " ".join(
            f"{'-' if change.delivery is None else '+'}{change.name}" for change in self.changes
        )
        return f"{self.changes[0].dataset.name}: {self.what} {names}"


@dataclass
class Landing:
    """The files in the landing folder, and all earlier deliveries, by dataset.

    `clock` is the time of the last delivery (milliseconds since 1970 UTC), and `number` the number
    of the last new name.
    """

    present: dict[str, dict[str, Delivery]] = field(
        default_factory=lambda: {dataset.name: {} for dataset in DATASETS}
    )
    history: dict[str, list[tuple[str, Delivery]]] = field(
        default_factory=lambda: {dataset.name: [] for dataset in DATASETS}
    )
    clock: int = START
    number: int = 0

    def tick(self, random: Random) -> int:
        """A modification time after all others."""
        self.clock += random.choice([1, 2, 999, 1000, 60_000, 3_600_000])
        return self.clock

    def new_name(self, dataset: Dataset, random: Random) -> str:
        self.number += 1
        return new_name(dataset, random, self.number)

    def similar_name(self, name: str) -> str:
        """A new name for a file of the same kind."""
        self.number += 1
        _, suffix = file_kind(name)
        stem = re.sub(r"_as_\d+$", "", name.removesuffix(suffix))
        return f"{stem}_as_{self.number}{suffix}"

    def new_delivery(self, dataset: Dataset, random: Random, name: str) -> Delivery:
        return Delivery(draw_content(dataset, random, name), self.tick(random))

    def record(self, action: Action) -> None:
        """Apply an action to the model."""
        for change in action.changes:
            present = self.present[change.dataset.name]
            if change.delivery is None:
                del present[change.name]
            else:
                present[change.name] = change.delivery
                self.history[change.dataset.name].append((change.name, change.delivery))


def file_kind(name: str) -> tuple[bool, str]:
    """Whether a name is the name of a directory, and its suffix: a rename must keep both."""
    suffixes = Path(name).suffixes
    return is_directory(name), "".join(suffixes[-2 if name.endswith(".gz") else -1 :])


def apply(action: Action, landing: Path, scratch: Path) -> None:
    """Apply an action on disk.

    Each name gets its complete content at once; an existing directory is removed first.
    """
    for change in action.changes:
        target = landing / change.dataset.location / change.name
        if change.delivery is None:
            _remove(target)
            continue
        written = scratch / "written"
        _write(written, change.delivery)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            _remove(target)
        os.replace(written, target)


def _write(path: Path, delivery: Delivery) -> None:
    if isinstance(delivery.content, bytes):
        files: Iterable[tuple[Path, bytes]] = [(path, delivery.content)]
    else:
        path.mkdir()
        files = [(path / name, content) for name, content in delivery.content]
    for file, content in files:
        file.write_bytes(content)
        os.utime(file, ns=(delivery.modified * 1_000_000,) * 2)


def _remove(path: Path) -> None:
    """Remove a file or a directory; a directory is hidden before its files are removed."""
    if path.is_dir():
        hidden = path.with_name(f".{path.name}.removed")
        os.replace(path, hidden)
        shutil.rmtree(hidden)
    else:
        path.unlink()
