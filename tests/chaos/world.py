"""What lies in landing, what the tables may hold of it, and what people do to files.

Actions are drawn from a `Random` and do not depend on what a loader did, so that
a seed makes the same files again. While loaders are killed nobody knows what they
landed: the world keeps everything that may be, until a comparison says what is.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from tests.chaos.datasets import DATASETS, Dataset
from tests.chaos.deliveries import Delivery, is_folder, make, new_name
from tests.chaos.reading import Reading, read

# 2026-01-05, where the world's time begins: files are never of the future.
BEGIN = 1_767_571_200_000


# ---- what the tables may hold


@dataclass(frozen=True)
class Fate:
    """What became of one name: the delivery whose rows are in bronze, and the last one that the ledger tells of.

    `state` is the ledger's; empty: it knows nothing of the name.
    """

    landed: Delivery | None = None
    told: Delivery | None = None
    state: str = ""


def reading_of(dataset: Dataset, name: str, delivery: Delivery) -> Reading:
    return read(dataset.name, name, delivery.content)


def loaded(dataset: Dataset, name: str, fate: Fate, delivery: Delivery) -> Fate:
    """The fate of a name after a load that found the delivery there."""
    if fate.told == delivery and fate.state in ("loaded", "rejected"):
        return fate
    if reading_of(dataset, name, delivery).rejected:
        # What was landed before stays.
        return Fate(fate.landed, delivery, "rejected")
    return Fate(delivery, delivery, "loaded")


# A whole table's fates, by name: all that mode `full` is told by.
Table = tuple[tuple[str, Fate], ...]


def table_loaded(dataset: Dataset, table: Table, lying: dict[str, Delivery]) -> Table:
    """The fates of a `full` table's files after a load: the newest that lies there is the table."""
    if not lying:
        return table
    fates = dict(table)
    newest = _newest(lying)
    delivery, fate = lying[newest], fates.get(newest, Fate())
    if fate.told == delivery and fate.state in ("loaded", "rejected"):
        return table
    reading = reading_of(dataset, newest, delivery)
    if reading.rejected or not reading.count:
        fates[newest] = Fate(fate.landed, delivery, "rejected")
        return _frozen(fates)
    for name, other in fates.items():
        state = "superseded" if other.state == "loaded" else other.state
        fates[name] = Fate(None, other.told, state)
    fates[newest] = Fate(delivery, delivery, "loaded")
    return _frozen(fates)


def _table_changed(table: Table, lying: dict[str, Delivery]) -> Table:
    """The fates of a `full` table's files when the newest was rewritten while it was read."""
    if not lying:
        return table
    fates = dict(table)
    newest = _newest(lying)
    fates[newest] = replace(fates.get(newest, Fate()), told=lying[newest], state="changed")
    return _frozen(fates)


def _newest(lying: dict[str, Delivery]) -> str:
    return max(lying, key=lambda name: (lying[name].modified, name))


def _frozen(fates: dict[str, Fate]) -> Table:
    return tuple(sorted(fates.items(), key=lambda pair: pair[0]))


# ---- the world


@dataclass(frozen=True)
class Change:
    """A name gets other content (None: is removed)."""

    dataset: Dataset
    name: str
    delivery: Delivery | None


@dataclass(frozen=True)
class Action:
    """What somebody does, in words, and what changes by it."""

    what: str
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        names = " ".join(
            f"{'-' if change.delivery is None else '+'}{change.name}" for change in self.changes
        )
        return f"{self.changes[0].dataset.name}: {self.what} {names}"


@dataclass
class World:
    """`lying` is landing; `past` all that ever lay there; `fates` and `tables` what may be, by dataset."""

    lying: dict[str, dict[str, Delivery]] = field(
        default_factory=lambda: {dataset.name: {} for dataset in DATASETS}
    )
    past: dict[str, list[tuple[str, Delivery]]] = field(
        default_factory=lambda: {d.name: [] for d in DATASETS}
    )
    fates: dict[str, dict[str, set[Fate]]] = field(
        default_factory=lambda: {dataset.name: {} for dataset in DATASETS}
    )
    tables: dict[str, set[Table]] = field(
        default_factory=lambda: {dataset.name: {()} for dataset in DATASETS}
    )
    clock: int = BEGIN
    number: int = 0

    def tick(self, random: Random) -> int:
        """A time that no file has yet, of a file that is written now."""
        self.clock += random.choice([1, 2, 999, 1000, 60_000, 3_600_000])
        return self.clock

    def name(self, dataset: Dataset, random: Random) -> str:
        self.number += 1
        return new_name(dataset, random, self.number)

    def take(self, action: Action) -> None:
        """Remember that an action was done."""
        for change in action.changes:
            lying = self.lying[change.dataset.name]
            if change.delivery is None:
                del lying[change.name]
            else:
                lying[change.name] = change.delivery
                self.past[change.dataset.name].append((change.name, change.delivery))

    def may_be_loaded(self, dataset: Dataset, broken: bool = False) -> None:
        """A load of what lies there may have got anywhere; `broken`: while its files changed."""
        self._load(dataset, certain=False, broken=broken)

    def is_loaded(self, dataset: Dataset) -> None:
        """A load of what lies there ended well."""
        self._load(dataset, certain=True, broken=False)

    def _load(self, dataset: Dataset, certain: bool, broken: bool) -> None:
        lying = self.lying[dataset.name]
        if dataset.mode == "full":
            before = self.tables[dataset.name]
            after = {table_loaded(dataset, table, lying) for table in before}
            if broken:
                after |= {_table_changed(table, lying) for table in before}
            self.tables[dataset.name] = after if certain else before | after
            return
        for name, delivery in lying.items():
            before = self.fates[dataset.name].get(name, {Fate()})
            after = {loaded(dataset, name, fate, delivery) for fate in before}
            if broken:
                after |= {replace(fate, told=delivery, state="changed") for fate in before}
            self.fates[dataset.name][name] = after if certain else before | after


# ---- actions


def draw(world: World, dataset: Dataset, random: Random) -> Action:
    """Something that somebody does to the files of a dataset."""
    while True:
        what, weight = random.choice(list(ACTIONS)), random.random()
        share, changes = ACTIONS[what]
        if weight < share and (drawn := changes(world, dataset, random)):
            return Action(what, tuple(Change(dataset, name, delivery) for name, delivery in drawn))


Drawn = list[tuple[str, Delivery | None]]


def _new(world: World, dataset: Dataset, random: Random) -> Drawn:
    name = world.name(dataset, random)
    return [(name, Delivery(make(dataset, random, name), world.tick(random)))]


def _several(world: World, dataset: Dataset, random: Random) -> Drawn:
    return [pair for _ in range(random.randint(2, 4)) for pair in _new(world, dataset, random)]


def _corrected(world: World, dataset: Dataset, random: Random) -> Drawn:
    name = _any(world, dataset, random)
    return name and [(name, Delivery(make(dataset, random, name), world.tick(random)))]


def _touched(world: World, dataset: Dataset, random: Random) -> Drawn:
    name = _any(world, dataset, random)
    return name and [(name, replace(world.lying[dataset.name][name], modified=world.tick(random)))]


def _deleted(world: World, dataset: Dataset, random: Random) -> Drawn:
    name = _any(world, dataset, random)
    return name and [(name, None)]


def _renamed(world: World, dataset: Dataset, random: Random) -> Drawn:
    """The time goes with the file, as `mv` has it."""
    name = _any(world, dataset, random)
    return name and [(name, None), (_like(world, name), world.lying[dataset.name][name])]


def _moved_over_another(world: World, dataset: Dataset, random: Random) -> Drawn:
    pair = _two_alike(world, dataset, random)
    return pair and [(pair[0], None), (pair[1], world.lying[dataset.name][pair[0]])]


def _swapped(world: World, dataset: Dataset, random: Random) -> Drawn:
    lying = world.lying[dataset.name]
    pair = _two_alike(world, dataset, random)
    return pair and [(pair[0], lying[pair[1]]), (pair[1], lying[pair[0]])]


def _rotated(world: World, dataset: Dataset, random: Random) -> Drawn:
    """As log files are: the file gets another name, and a new one its name."""
    name = _any(world, dataset, random)
    fresh = name and Delivery(make(dataset, random, name), world.tick(random))
    return name and [(_like(world, name), world.lying[dataset.name][name]), (name, fresh)]


def _copied(world: World, dataset: Dataset, random: Random) -> Drawn:
    """The content of a file, that lies there or did once, under a new name."""
    if not world.past[dataset.name]:
        return []
    name, delivery = random.choice(world.past[dataset.name])
    return [(_like(world, name), replace(delivery, modified=world.tick(random)))]


def _restored(world: World, dataset: Dataset, random: Random) -> Drawn:
    """An earlier delivery comes back under its name, and with its time."""
    back = [(n, d) for n, d in world.past[dataset.name] if world.lying[dataset.name].get(n) != d]
    return [random.choice(back)] if back else []


# How likely it is done when it is drawn, and what changes.
ACTIONS: dict[str, tuple[float, Callable[[World, Dataset, Random], Drawn]]] = {
    "new": (1, _new),
    "several new": (0.6, _several),
    "corrected": (1, _corrected),
    "touched": (0.7, _touched),
    "deleted": (0.6, _deleted),
    "renamed": (0.7, _renamed),
    "moved over another": (0.6, _moved_over_another),
    "swapped": (0.5, _swapped),
    "rotated": (0.5, _rotated),
    "copied": (0.6, _copied),
    "restored": (0.7, _restored),
}


def _any(world: World, dataset: Dataset, random: Random) -> str:
    """A name that lies there; empty: there is none."""
    names = sorted(world.lying[dataset.name])
    return random.choice(names) if names else ""


def _kind(name: str) -> tuple[bool, str]:
    """What has to stay when a file gets another name: whether it is a folder, and how its name ends."""
    return is_folder(name), "".join(Path(name).suffixes[-2:]) if name.endswith(".gz") else Path(
        name
    ).suffix


def _like(world: World, name: str) -> str:
    """A new name for the same kind of file."""
    world.number += 1
    ending = _kind(name)[1]
    stem = re.sub(r"_as_\d+$", "", name.removesuffix(ending))
    return f"{stem}_as_{world.number}{ending}"


def _two_alike(world: World, dataset: Dataset, random: Random) -> list[str]:
    first = _any(world, dataset, random)
    others = [
        n for n in sorted(world.lying[dataset.name]) if n != first and _kind(n) == _kind(first)
    ]
    return [first, random.choice(others)] if others else []


# ---- on disk


def carry_out(action: Action, landing: Path, aside: Path) -> None:
    """Do it to the files: each name gets its whole content at once, but for a folder that is there already."""
    for change in action.changes:
        target = landing / change.dataset.location / change.name
        if change.delivery is None:
            _remove(target)
            continue
        made = aside / "made"
        _write(made, change.delivery)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            _remove(target)
        os.replace(made, target)


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
    """Remove a file, or a folder with its name at first, as its readers see it."""
    if path.is_dir():
        gone = path.with_name(f".{path.name}.gone")
        os.replace(path, gone)
        shutil.rmtree(gone)
    else:
        path.unlink()
