"""The load of one dataset: plan, commit, close.

Each batch takes the next number of its dataset. Delta accepts one commit per number, so of several
loaders one commits its batch; the others read the history and plan again. The guarantee is
explained in docs/loading-internals.md.
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
from loaders.columns import folded
from loaders.context import Context
from loaders.formats import Reader, only, open_readers
from loaders.history import commits_after
from loaders.ledger import LOADED, Batch, Commit, Ledger, Outcome
from loaders.listing import Delivery, Listing
from loaders.plan import Plan, PlannedFile, Reread, reread_none
from loaders.report import DatasetReport
from loaders.scratch import Scratch, drop_leftovers
from loaders.tables import Table

# Steps of a batch, as reported to Progress. STAGING occurs only if rows are staged.
PLANNED, INSERTING, STAGING, COMMITTED, CLOSING, CLOSED = STEPS = (
    *("planned", "inserting", "staging", "committed", "closing", "closed"),
)
Progress = Callable[[str], None]
# Maximum number of rounds: changed files and transient errors start a new round.
MAX_ROUNDS = 10
# With more files than this, Spark reads them in few tasks and writes few files.
MANY_FILES = 32


def new_load_id() -> str:
    """A new batch id; ids sort by time: 20261121t105501_3fa9c1."""
    return f"{datetime.now(timezone.utc):%Y%m%dt%H%M%S}_{secrets.token_hex(3)}"


def milliseconds() -> int:
    """Current time, in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def make_plan(
    context: Context, known: Ledger, reread: Reread = reread_none
) -> tuple[Plan, Listing]:
    """List the landing folder, and plan which of its files to load."""
    contract = context.contract
    listing = context.landing.listing(contract.location)
    files = listing.complete(contract.rules, datetime.now(timezone.utc))
    if contract.rules.mode == "full":
        return plan.plan_newest(files, known.files, milliseconds(), reread), listing
    return plan.plan(files, [file.name for file in listing.files], known.files, reread), listing


def preview(context: Context, reread: Reread = reread_none) -> tuple[Plan, Listing]:
    """The plan of a load, without loading. Before the first load every file is new."""
    table = tables.find(context.session, context.contract)
    known = (
        ledger.read(context.session, context.contract.dataset, table.id) if table else Ledger({}, 0)
    )
    return make_plan(context, known, reread)


def load(
    context: Context,
    reread: Reread = reread_none,
    progress: Progress = lambda step: None,
    report: DatasetReport | None = None,
) -> DatasetReport:
    """Load the new and corrected files of one dataset.

    `reread` selects known files to read again. Raises LakehouseError if Spark or the connection
    fails, or after MAX_ROUNDS rounds; committed batches stay.
    """
    began = time.monotonic()
    one = _Load(context, progress, report or DatasetReport.of(context.contract))
    try:
        one.run(reread)
    finally:
        one.report.seconds = round(one.report.seconds + time.monotonic() - began, 3)
    return one.report


class _Result(Enum):
    """Result of a round: all files are loaded, files changed, or another loader committed."""

    DONE, CHANGED, OVERTAKEN = range(3)


class _Load:
    """One load of one dataset; `table` and `known` are read again in each round."""

    table: Table
    known: Ledger

    def __init__(self, context: Context, progress: Progress, report: DatasetReport):
        self.context, self.progress, self.report = context, progress, report
        self.session, self.landing, self.contract = (
            context.session,
            context.landing,
            context.contract,
        )

    def run(self, reread: Reread) -> None:
        """Run rounds until all files are loaded."""
        rounds = 0
        while rounds < MAX_ROUNDS:
            try:
                result = self._round(
                    lambda entry: reread(entry) and entry.load_id not in self.report.batches
                )
            except SqlError as error:
                if not conditions.is_transient(error) or rounds == MAX_ROUNDS - 1:
                    raise
                result = _Result.CHANGED
            if result is _Result.DONE:
                return
            # OVERTAKEN does not count as a retry: the other loader made progress.
            if result is _Result.CHANGED:
                time.sleep(rounds * secrets.SystemRandom().uniform(0.1, 0.3))
                rounds += 1
        raise LakehouseError(
            f"{self.contract.dataset}: in each of {MAX_ROUNDS} attempts its files changed while "
            "they were read, or another session changed its table",
            "load again when the files are complete; to wait for complete files, "
            "set grace_seconds or done_marker in meta.loader",
        )

    def _round(self, reread: Reread) -> _Result:
        """Plan, and load the planned files in batches."""
        self._prepare()
        planned, listing = make_plan(self.context, self.known, reread)
        self.report.files_seen, self.report.files_missing = len(listing.files), len(planned.missing)
        self.report.files_planned = self.report.files_done + len(planned.files)
        self.report.note(*listing.skipped, *plan.notes(planned.files, milliseconds()))
        number, results = self.known.last, set()
        for files in plan.batches(self.contract.rules, planned.files):
            committed, result = self._load_batch(number + 1, files)
            if result is _Result.OVERTAKEN:
                return self._close_commits_of_others(number)
            number += committed
            results.add(result)
        if number > self.known.last:
            drop_leftovers(self.session, self.contract, number)
        return _Result.CHANGED if _Result.CHANGED in results else _Result.DONE

    def _prepare(self) -> None:
        """Migrate bronze to its contract, and read the ledger."""
        self.table = tables.prepare(self.session, self.contract)
        try:
            self.known = ledger.read(self.session, self.contract.dataset, self.table.id)
        except SqlError as error:
            if error.not_found:
                tables.create(self.session, self.contract)
            if error.condition.startswith("UNRESOLVED_COLUMN"):
                raise LakehouseError(
                    f"{ledger.LOG} was written by an earlier version of the loader",
                    "run: make clean demo",
                ) from None
            raise

    def _load_batch(self, number: int, planned: Sequence[PlannedFile]) -> tuple[bool, _Result]:
        """Commit and close one batch; returns whether it was committed, and the result."""
        began = time.monotonic()
        load_id = new_load_id()
        files = {one.file.name: one.file for one in planned}
        scratch = Scratch(self.contract, number, load_id)
        self.progress(PLANNED)
        if self.landing.local and len(files) > MANY_FILES:
            # By default Spark counts the opening of a file like 4 MB of data.
            self.session.execute("set spark.sql.files.openCostInBytes = 65536")
        try:
            opened = open_readers(self.context, files.values(), scratch.new)
            outcomes = [
                Outcome.of(one.file, one.replaces)
                for one in planned
                if one.file.name not in opened.missing
            ]
            if not outcomes:
                return False, _Result.CHANGED
            batch = Batch(load_id, number, tuple(outcomes)).with_rejected(opened.rejected)
            commit = self._commit(batch, opened.readers, scratch)
            if commit is None:
                return False, _Result.OVERTAKEN
            self.progress(COMMITTED)
            batch = self._with_counts(commit, opened.readers, files)
        finally:
            with suppress(LakehouseError):
                scratch.drop(self.session)
        self._close(replace(commit, batch=batch), round(time.monotonic() - began, 3))
        self._note_columns(batch, opened.readers)
        unchanged = self.landing.unchanged(self.contract.location, files.values())
        return True, _Result.DONE if unchanged == files.keys() else _Result.CHANGED

    def _commit(self, batch: Batch, readers: list[Reader], scratch: Scratch) -> Commit | None:
        """Commit a batch; unreadable files are rejected. None if another loader took its number."""
        while True:
            try:
                self._insert(batch, only(readers, batch.loaded), scratch)
                break
            except SqlError as error:
                if error.conflict:
                    break
                unreadable = (
                    self._unreadable_files(only(readers, batch.loaded))
                    if conditions.is_unreadable_file(error)
                    else {}
                )
                if not unreadable:
                    raise
                batch = batch.with_rejected(unreadable)
        commits = commits_after(self.session, self.contract, batch.number - 1)
        return next((one for one in commits if one.batch.load_id == batch.load_id), None)

    def _insert(self, batch: Batch, readers: list[Reader], scratch: Scratch) -> None:
        """Insert the rows into bronze: straight from the files, or staged if there are rejects."""
        contract, order = self.contract, list(self.table.types)
        # In mode `full` rows are always staged: the counts decide whether the table may be emptied.
        if contract.rules.mode != "full":
            self.progress(INSERTING)
            try:
                rows = statements.select_files(contract, readers)
                self.session.execute(statements.insert(contract, batch, rows, order))
                return
            except SqlError as error:
                if statements.REJECTED_ROW not in error.message:
                    raise
        self.progress(STAGING)
        staged = scratch.new()
        self.session.execute(statements.create_stage(contract, staged))
        if readers:
            self.session.execute(statements.stage(contract, staged, readers))
        counts = {
            name: (rows, rejects)
            for name, rows, rejects in self.session.execute(statements.count_staged(staged))
        }
        if any(rejects for _, rejects in counts.values()):
            self.session.execute(statements.quarantine(contract.dataset, batch.load_id, staged))
        batch = batch.with_staged_counts(counts, contract.rules)
        if contract.rules.mode == "full" and batch.loaded:
            superseded = ledger.superseded(self.known, batch.loaded)
            batch = replace(batch, outcomes=(*batch.outcomes, *superseded))
        self.progress(INSERTING)
        rows = statements.select_staged(staged, batch)
        self.session.execute(statements.insert(contract, batch, rows, order))

    def _unreadable_files(self, readers: Iterable[Reader]) -> dict[str, str]:
        """Names of the files that Spark cannot read, with the reason."""
        unreadable = dict(self._bisect(readers))
        # A file that changed during the read is not unreadable. If the store is down, this fails.
        files = {name: file for reader in readers for name, file in reader.files.items()}
        unchanged = self.landing.unchanged(self.contract.location, files.values())
        return {name: reason for name, reason in unreadable.items() if name in unchanged}

    def _bisect(self, readers: Iterable[Reader]) -> Iterator[tuple[str, str]]:
        """Find the unreadable files by bisection: name and reason."""
        for reader in readers:
            try:
                self.session.execute(statements.scan(reader))
            except SqlError as error:
                names = sorted(reader.files)
                if len(names) > 1:
                    middle = len(names) // 2
                    yield from self._bisect(
                        reader.only(half) for half in (names[:middle], names[middle:])
                    )
                elif conditions.is_unreadable_file(error):
                    yield names[0], f"it cannot be read completely: {error.sentence}"

    def _close_commits_of_others(self, last: int) -> _Result:
        """Close the batches after number `last`: the loaders that committed them may be dead."""
        commits = commits_after(self.session, self.contract, last)
        for one in commits:
            self.report.note(f"batch {one.batch.load_id} was committed by another load; now closed")
            self._close(replace(one, batch=self._with_counts(one)), None)
        if commits:
            drop_leftovers(self.session, self.contract, commits[-1].batch.number)
        return _Result.OVERTAKEN if commits else _Result.CHANGED

    def _with_counts(
        self,
        commit: Commit,
        readers: Sequence[Reader] = (),
        files: Mapping[str, Delivery] | None = None,
    ) -> Batch:
        """The batch with its row counts; `files` is None for a batch of another loader."""
        batch = commit.batch
        if batch.uncounted and len(batch.loaded) == 1 and commit.rows is not None:
            batch = batch.with_committed_counts(dict.fromkeys(batch.loaded, commit.rows))
        elif batch.uncounted:
            counts = self.session.execute(statements.count_committed(self.contract, batch.load_id))
            batch = batch.with_committed_counts(dict(counts))
        empty = {
            outcome.source_file
            for outcome in batch.outcomes
            if outcome.state == LOADED and outcome.size and not outcome.rows_read
        }
        if not empty:
            return batch
        # A file without rows is empty, or Spark did not see it: then it is planned again.
        scanned = {name for reader in readers for name in reader.files} & empty
        not_scanned = empty - scanned if files is not None else set()
        return batch.with_changed(empty - not_scanned - self._listed_by_spark(readers, scanned))

    def _listed_by_spark(self, readers: Iterable[Reader], names: set[str]) -> set[str]:
        """The names whose files Spark lists with the planned size and time."""
        if not names:
            return set()
        parts = {
            part.uri: (file, part) for reader in only(readers, names) for file, part in reader.parts
        }
        found = self.session.execute(statements.list_files(self.context, parts))
        listed = {(uri, size, modified) for uri, size, modified in found}
        planned = (
            (file.name, (uri, part.size, part.modified)) for uri, (file, part) in parts.items()
        )
        return names - {name for name, part in planned if part not in listed}

    def _close(self, commit: Commit, seconds: float | None) -> None:
        """Write a batch to the log and to the report."""
        self.progress(CLOSING)
        self.session.execute(ledger.close(self.contract.dataset, self.table.id, commit, seconds))
        self.progress(CLOSED)
        self.report.add(commit.batch)

    def _note_columns(self, batch: Batch, readers: Iterable[Reader]) -> None:
        """Note the unknown and the missing columns of the files."""
        unknown = {name for reader in readers for name in reader.unknown}
        if self.contract.using == "json" and any(one.rows_loaded for one in batch.outcomes):
            [(names,)] = self.session.execute(
                statements.rescued_names(self.contract, batch.load_id)
            )
            # An object is rescued as a whole, also if the contract has paths into it.
            roots = {column.root for column in self.contract.columns}
            unknown |= {name for name in names.split(", ") if name and folded(name) not in roots}
        missing = {name for reader in readers for name in reader.missing}
        if unknown:
            self.report.note(
                f"columns not in the contract, kept in _rescued_data: {', '.join(sorted(unknown))}"
            )
        if missing:
            self.report.note(f"columns not in the files, null: {', '.join(sorted(missing))}")
        self.report.note(*(note for reader in readers for note in reader.similar))
