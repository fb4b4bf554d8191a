"""Loading one dataset: plan, land, close.

Every batch has the next number of its dataset. Delta takes one commit of a
number, so of several loaders one lands it; the others see what was landed, and
plan again. docs/loading-internals.md tells how that keeps the promise.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from enum import Enum

from lakehouse.errors import LakehouseError
from lakehouse.thrift import SqlError
from loaders import conditions, ledger, plan, statements, tables
from loaders.context import Context
from loaders.formats import Reader, only, open_readers
from loaders.history import landed_after
from loaders.ledger import LOADED, Batch, Fate, Known, Landed
from loaders.listing import LandedFile, Listing
from loaders.plan import Again, Plan, Planned, never
from loaders.report import DatasetReport
from loaders.scratch import Scratch, drop_left
from loaders.tables import Table

# What a load goes through with each batch, as its progress is told; STAGING only when rows do not fit.
PLANNED, LANDING, STAGING, LANDED, CLOSING, CLOSED = STEPS = (
    *("planned", "landing", "staging", "landed", "closing", "closed"),
)
Progress = Callable[[str], None]
# How often a load starts over because of files that change or statements that meet others.
ROUNDS = 10
# A folder with more files is read in few tasks, and lands in few files of bronze.
MANY_FILES = 32


def new_load_id() -> str:
    """An id that sorts by time: 20261121t105501_3fa9c1."""
    return f"{datetime.now(timezone.utc):%Y%m%dt%H%M%S}_{secrets.token_hex(3)}"


def milliseconds() -> int:
    """Now, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def make_plan(context: Context, known: Known, again: Again = never) -> tuple[Plan, Listing]:
    """What is to be loaded of what lies in landing now."""
    contract = context.contract
    listing = context.landing.listing(contract.location)
    files = listing.complete(contract.rules, datetime.now(timezone.utc))
    if contract.rules.mode == "full":
        return plan.plan_newest(files, known.files, milliseconds(), again), listing
    return plan.plan(files, [file.name for file in listing.files], known.files, again), listing


def preview(context: Context, again: Again = never) -> Plan:
    """What a load would do now; changes nothing. Before the first load every file is new."""
    table = tables.find(context.session, context.contract)
    known = (
        ledger.read(context.session, context.contract.dataset, table.id) if table else Known({}, 0)
    )
    return make_plan(context, known, again)[0]


def load(
    context: Context,
    again: Again = never,
    progress: Progress = lambda step: None,
    report: DatasetReport | None = None,
) -> DatasetReport:
    """Load what is new of one dataset.

    `again` says which known files to read once more. Raises LakehouseError
    when Spark or the connection fails, or when it cannot come to an end; what
    was landed until then is landed.
    """
    began = time.monotonic()
    one = _Load(context, progress, report or DatasetReport.of(context.contract))
    try:
        one.run(again)
    finally:
        one.report.seconds = round(one.report.seconds + time.monotonic() - began, 3)
    return one.report


class _End(Enum):
    """How a round of a load ended: nothing is left; files changed meanwhile; another loader landed something."""

    DONE, CHANGED, LOST = range(3)


class _Load:
    """One load of one dataset; `table` and `known` are as the present round found them."""

    table: Table
    known: Known

    def __init__(self, context: Context, progress: Progress, report: DatasetReport):
        self.context, self.progress, self.report = context, progress, report
        self.session, self.landing, self.contract = (
            context.session,
            context.landing,
            context.contract,
        )

    def run(self, again: Again) -> None:
        """Plan and land until nothing is left to do."""
        rounds = 0
        while rounds < ROUNDS:
            try:
                end = self._round(
                    lambda entry: again(entry) and entry.load_id not in self.report.batches
                )
            except SqlError as error:
                if not conditions.is_transient(error) or rounds == ROUNDS - 1:
                    raise
                end = _End.CHANGED
            if end is _End.DONE:
                return
            # Whoever landed a batch instead has come nearer to the end.
            if end is _End.CHANGED:
                time.sleep(rounds * secrets.SystemRandom().uniform(0.1, 0.3))
                rounds += 1
        raise LakehouseError(
            f"{self.contract.dataset}: its files changed while they were read, or others wrote it, {ROUNDS} times",
            "load again when they are complete; grace_seconds or done_marker of meta.loader waits for that",
        )

    def _round(self, again: Again) -> _End:
        """Land what the ledger does not know."""
        self._prepare()
        planned, listing = make_plan(self.context, self.known, again)
        self.report.files_seen, self.report.files_missing = len(listing.files), len(planned.missing)
        self.report.files_planned = self.report.files_done + len(planned.files)
        self.report.note(*listing.skipped, *plan.notes(planned.files, milliseconds()))
        number, ends = self.known.last, set()
        for files in plan.batches(self.contract.rules, planned.files):
            landed, end = self._land(number + 1, files)
            if end is _End.LOST:
                return self._finish(number)
            number += landed
            ends.add(end)
        if number > self.known.last:
            drop_left(self.session, self.contract, number)
        return _End.CHANGED if _End.CHANGED in ends else _End.DONE

    def _prepare(self) -> None:
        """Bring bronze to its contract, and read what the ledger knows of it."""
        self.table = tables.prepare(self.session, self.contract)
        try:
            self.known = ledger.read(self.session, self.contract.dataset, self.table.id)
        except SqlError as error:
            if error.not_found:
                tables.make(self.session, self.contract)
            if error.condition.startswith("UNRESOLVED_COLUMN"):
                raise LakehouseError(
                    f"{ledger.LOG} is of an earlier loader", "run: make clean demo"
                ) from None
            raise

    def _land(self, number: int, planned: Sequence[Planned]) -> tuple[bool, _End]:
        """Land and close one batch; returns whether it was landed, and how it ended."""
        began = time.monotonic()
        load_id = new_load_id()
        files = {one.file.name: one.file for one in planned}
        scratch = Scratch(self.contract, number, load_id)
        self.progress(PLANNED)
        if self.landing.local and len(files) > MANY_FILES:
            # Spark takes the opening of a file for as long as reading 4 MB.
            self.session.execute("set spark.sql.files.openCostInBytes = 65536")
        try:
            opened = open_readers(self.context, files.values(), scratch.new)
            fates = [
                Fate.of(one.file, one.replaces)
                for one in planned
                if one.file.name not in opened.gone
            ]
            if not fates:
                return False, _End.CHANGED
            batch = Batch(load_id, number, tuple(fates)).with_rejected(opened.rejected)
            landed = self._commit(batch, opened.readers, scratch)
            if landed is None:
                return False, _End.LOST
            self.progress(LANDED)
            batch = self._counted(landed, opened.readers, files)
        finally:
            with suppress(LakehouseError):
                scratch.drop(self.session)
        self._close(replace(landed, batch=batch), round(time.monotonic() - began, 3))
        self._tell_columns(batch, opened.readers)
        unchanged = self.landing.unchanged(self.contract.location, files.values())
        return True, _End.DONE if unchanged == files.keys() else _End.CHANGED

    def _commit(self, batch: Batch, readers: list[Reader], scratch: Scratch) -> Landed | None:
        """Commit a batch, without the files that cannot be read; None when another loader took its number."""
        while True:
            try:
                self._insert(batch, only(readers, batch.landing), scratch)
                break
            except SqlError as error:
                if conditions.is_conflict(error):
                    break
                broken = (
                    self._broken(only(readers, batch.landing))
                    if conditions.lies_in_file(error)
                    else {}
                )
                if not broken:
                    raise
                batch = batch.with_rejected(broken)
        landed = landed_after(self.session, self.contract, batch.number - 1)
        return next((one for one in landed if one.batch.load_id == batch.load_id), None)

    def _insert(self, batch: Batch, readers: list[Reader], scratch: Scratch) -> None:
        """Read the files once; when a row does not fit, once more into a scratch table."""
        contract, order = self.contract, list(self.table.types)
        # What empties a table in mode `full` has to be known before.
        if contract.rules.mode != "full":
            self.progress(LANDING)
            try:
                self.session.execute(
                    statements.land(contract, batch, statements.read(contract, readers), order)
                )
                return
            except SqlError as error:
                if statements.UNFIT_ROW not in error.message:
                    raise
        self.progress(STAGING)
        staged = scratch.new()
        self.session.execute(statements.create_stage(contract, staged))
        if readers:
            self.session.execute(statements.stage(contract, staged, readers))
        counts = {
            name: (rows, unfit)
            for name, rows, unfit in self.session.execute(statements.count_staged(staged))
        }
        if any(unfit for _, unfit in counts.values()):
            self.session.execute(statements.quarantine(contract.dataset, batch.load_id, staged))
        batch = batch.judged(counts, contract.rules)
        if contract.rules.mode == "full" and batch.landing:
            batch = replace(
                batch, fates=(*batch.fates, *ledger.superseded(self.known, batch.landing))
            )
        self.progress(LANDING)
        self.session.execute(
            statements.land(contract, batch, statements.staged(staged, batch), order)
        )

    def _broken(self, readers: Iterable[Reader]) -> dict[str, str]:
        """The files that Spark cannot read to their end, and why."""
        broken = dict(self._unreadable(readers))
        # A store that is away breaks off as well, and then cannot be listed; what changed is not to blame.
        files = {name: file for reader in readers for name, file in reader.files.items()}
        unchanged = self.landing.unchanged(self.contract.location, files.values())
        return {name: reason for name, reason in broken.items() if name in unchanged}

    def _unreadable(self, readers: Iterable[Reader]) -> Iterator[tuple[str, str]]:
        """Found by halving."""
        for reader in readers:
            try:
                self.session.execute(statements.count_read(reader))
            except SqlError as error:
                names = sorted(reader.files)
                if len(names) > 1:
                    middle = len(names) // 2
                    yield from self._unreadable(
                        reader.only(half) for half in (names[:middle], names[middle:])
                    )
                elif conditions.lies_in_file(error):
                    yield names[0], f"it cannot be read to its end: {error.sentence}"

    def _finish(self, last: int) -> _End:
        """Close what other loaders landed after the last batch that the ledger knows: they may be dead."""
        landed = landed_after(self.session, self.contract, last)
        for one in landed:
            self.report.note(f"batch {one.batch.load_id} of another load was landed, and is closed")
            self._close(replace(one, batch=self._counted(one)), None)
        if landed:
            drop_left(self.session, self.contract, landed[-1].batch.number)
        return _End.LOST if landed else _End.CHANGED

    def _counted(
        self,
        landed: Landed,
        readers: Sequence[Reader] = (),
        files: Mapping[str, LandedFile] | None = None,
    ) -> Batch:
        """The batch with the rows that bronze has of it."""
        batch = landed.batch
        if batch.uncounted and len(batch.landing) == 1 and landed.rows is not None:
            batch = batch.counted(dict.fromkeys(batch.landing, landed.rows))
        elif batch.uncounted:
            batch = batch.counted(
                dict(self.session.execute(statements.count_landed(self.contract, batch.load_id)))
            )
        empty = {
            fate.source_file
            for fate in batch.fates
            if fate.state == LOADED and fate.size and not fate.rows_read
        }
        if not empty:
            return batch
        # What has no rows for us, Spark need not have seen.
        scanned = {name for reader in readers for name in reader.files} & empty
        sure = empty - scanned if files is not None else set()
        return batch.with_unseen(empty - sure - self._seen(readers, scanned))

    def _seen(self, readers: Iterable[Reader], names: set[str]) -> set[str]:
        """Those of these files that Spark lists with the size and time that they were planned with."""
        if not names:
            return set()
        parts = {
            part.uri: (file, part) for reader in only(readers, names) for file, part in reader.parts
        }
        found = self.session.execute(statements.listed(self.context, parts))
        listed = {(uri, size, modified) for uri, size, modified in found}
        planned = (
            (file.name, (uri, part.size, part.modified)) for uri, (file, part) in parts.items()
        )
        return names - {name for name, part in planned if part not in listed}

    def _close(self, landed: Landed, seconds: float | None) -> None:
        """Write a batch into the log, and add it to the report."""
        self.progress(CLOSING)
        self.session.execute(ledger.close(self.contract.dataset, self.table.id, landed, seconds))
        self.progress(CLOSED)
        self.report.add(landed.batch)

    def _tell_columns(self, batch: Batch, readers: Iterable[Reader]) -> None:
        """Note the columns that the files have beyond the contract, and those that they lack."""
        unknown = {name for reader in readers for name in reader.unknown}
        if self.contract.using == "json" and any(fate.rows_landed for fate in batch.fates):
            [(names,)] = self.session.execute(
                statements.rescued_names(self.contract, batch.load_id)
            )
            unknown |= {name for name in names.split(", ") if name}
        missing = {name for reader in readers for name in reader.missing}
        if unknown:
            self.report.note(
                f"columns not in the contract, kept in _rescued_data: {', '.join(sorted(unknown))}"
            )
        if missing:
            self.report.note(f"columns not in the files, null: {', '.join(sorted(missing))}")
