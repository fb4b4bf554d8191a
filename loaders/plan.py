"""The plan of a load: files in the landing folder, compared with the ledger. Pure functions."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from loaders.contract import Rules
from loaders.ledger import LOADED, REJECTED, Entry
from loaders.listing import Delivery

# Whether to read a known file again.
Reread = Callable[[Entry], bool]
# Tolerated difference between the clocks of two machines, in milliseconds.
CLOCK_SKEW = 60_000


def reread_none(entry: Entry) -> bool:
    """Read no known file again."""
    return False


@dataclass(frozen=True)
class PlannedFile:
    """A file to load; `replaces`: bronze may have earlier rows of it."""

    file: Delivery
    replaces: bool = False


@dataclass(frozen=True)
class Plan:
    """The files to load, and the names of loaded files that are missing from the landing folder."""

    files: tuple[PlannedFile, ...] = ()
    missing: tuple[str, ...] = ()


def plan(
    files: Iterable[Delivery],
    present: Collection[str],
    known: Mapping[str, Entry],
    reread: Reread = reread_none,
) -> Plan:
    """Plan the `files` that are new, are corrected, or are to be read again.

    `files` are complete; `present` has the names of all files, incomplete ones included. A file is
    identified by its name: another size, time or ETag makes it a correction.
    """
    present = set(present)
    missing = tuple(
        name for name, entry in known.items() if entry.state == LOADED and name not in present
    )
    return Plan(
        tuple(_planned(file, known) for file in files if _is_due(file, known, reread)), missing
    )


def plan_newest(
    files: Iterable[Delivery], known: Mapping[str, Entry], now: int, reread: Reread = reread_none
) -> Plan:
    """Plan the newest file, unless it is loaded already (mode `full`).

    A file with a time in the future has the age at which it was first seen, so that it does not
    hide later files. `now` is in milliseconds since 1970 UTC.
    """

    def age(file: Delivery) -> tuple[int, str]:
        entry = known.get(file.name)
        seen = entry.closed if entry and entry.matches(file) else now
        return min(file.modified, seen), file.name

    newest = max(files, key=age, default=None)
    return Plan((_planned(newest, known),)) if newest and _is_due(newest, known, reread) else Plan()


def _is_due(file: Delivery, known: Mapping[str, Entry], reread: Reread) -> bool:
    entry = known.get(file.name)
    return (
        not entry
        or entry.state not in (LOADED, REJECTED)
        or not entry.matches(file)
        or reread(entry)
    )


def _planned(file: Delivery, known: Mapping[str, Entry]) -> PlannedFile:
    return PlannedFile(file, replaces=file.name in known)


def batches(rules: Rules, planned: Iterable[PlannedFile]) -> list[list[PlannedFile]]:
    """Split the planned files by max_batch_files and max_batch_bytes."""
    found: list[list[PlannedFile]] = []
    size = 0
    for one in planned:
        size += one.file.size
        if not found or len(found[-1]) >= rules.max_batch_files or size > rules.max_batch_bytes:
            found.append([])
            size = one.file.size
        found[-1].append(one)
    return found


def notes(planned: Sequence[PlannedFile], now: int) -> list[str]:
    """Notes for the report: files with a time in the future."""
    return [
        f"{one.file.name} has a time in the future"
        for one in planned
        if one.file.modified > now + CLOCK_SKEW
    ]
