"""What a load is to do: the files that lie in landing, compared with the ledger. Pure functions."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from loaders.contract import Rules
from loaders.ledger import LOADED, REJECTED, Entry
from loaders.listing import LandedFile

Again = Callable[[Entry], bool]
# Clocks of two machines may differ so far, in milliseconds.
CLOCK_SKEW = 60_000


def never(entry: Entry) -> bool:
    """Reads no known file again."""
    return False


@dataclass(frozen=True)
class Planned:
    """A file to load; `replaces` says that bronze may have rows of it."""

    file: LandedFile
    replaces: bool = False


@dataclass(frozen=True)
class Plan:
    """The files to load; `missing` were loaded and are gone from landing, their rows stay."""

    files: tuple[Planned, ...] = ()
    missing: tuple[str, ...] = ()


def plan(
    files: Iterable[LandedFile],
    present: Collection[str],
    known: Mapping[str, Entry],
    again: Again = never,
) -> Plan:
    """The complete files that are new, changed, or to be read again; `present` are the names of all files.

    A file is known by its name: another size or time is a correction that
    replaces its rows, another name is another delivery.
    """
    present = set(present)
    missing = tuple(
        name for name, entry in known.items() if entry.state == LOADED and name not in present
    )
    return Plan(
        tuple(_planned(file, known) for file in files if _is_new(file, known, again)), missing
    )


def plan_newest(
    files: Iterable[LandedFile], known: Mapping[str, Entry], now: int, again: Again = never
) -> Plan:
    """The plan of a table that is its newest file (mode `full`): that file, unless the table holds it.

    A file with a time in the future counts as of when it was first seen, so that it
    does not hide every later one. `now` is in milliseconds since 1970 UTC.
    """

    def age(file: LandedFile) -> tuple[int, str]:
        entry = known.get(file.name)
        seen = entry.closed if entry and entry.matches(file) else now
        return min(file.modified, seen), file.name

    newest = max(files, key=age, default=None)
    return Plan((_planned(newest, known),)) if newest and _is_new(newest, known, again) else Plan()


def _is_new(file: LandedFile, known: Mapping[str, Entry], again: Again) -> bool:
    entry = known.get(file.name)
    return (
        not entry
        or entry.state not in (LOADED, REJECTED)
        or not entry.matches(file)
        or again(entry)
    )


def _planned(file: LandedFile, known: Mapping[str, Entry]) -> Planned:
    return Planned(file, replaces=file.name in known)


def batches(rules: Rules, planned: Iterable[Planned]) -> list[list[Planned]]:
    """The planned files in the portions that one statement lands."""
    found: list[list[Planned]] = []
    size = 0
    for one in planned:
        size += one.file.size
        if not found or len(found[-1]) >= rules.max_batch_files or size > rules.max_batch_bytes:
            found.append([])
            size = one.file.size
        found[-1].append(one)
    return found


def notes(planned: Sequence[Planned], now: int) -> list[str]:
    """What a person should know of the planned files."""
    return [
        f"{one.file.name} has a time in the future"
        for one in planned
        if one.file.modified > now + CLOCK_SKEW
    ]
