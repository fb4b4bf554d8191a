"""Loading one dataset: plan and claim, land, close.

Each step can be killed and repeated. What a load left open, the next one
takes over with the batch's own id and file list.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from lakehouse.errors import LakehouseError
from lakehouse.thrift import Session, SqlError
from loaders import ledger, statements
from loaders.contract import Contract
from loaders.ledger import Again, Claim, Entry, Outcome, Plan, never
from loaders.listing import LandedFile, Landing, Listing
from loaders.readers import Reader, close_left, drop_scratch, has_rows, open_readers, scratch_table
from loaders.report import DatasetReport
from loaders.statements import Batch
from loaders.tables import ATTEMPTS, CONFLICT, patiently, prepare, repeatable

# What a load goes through with each batch, as its progress is told; only a
# batch with rows that do not fit comes by the quarantine.
STEPS = ("claimed", "landing", "quarantine", "landed", "closing", "closed")
Progress = Callable[[str], None]
# The setting whose text Delta keeps with a commit.
MARK = "spark.databricks.delta.commitInfo.userMetadata"
# Spark's error conditions that lie in the file.
UNREADABLE = ("FAILED_READ_FILE", "CANNOT_READ", "MALFORMED", "PARQUET")


def new_load_id() -> str:
    """An id that sorts by time: 20261121t105501_3fa9c1."""
    return f"{datetime.now(timezone.utc):%Y%m%dt%H%M%S}_{secrets.token_hex(3)}"


def make_plan(
    landing: Landing, contract: Contract, known: dict[str, Entry], again: Again = never
) -> tuple[Plan, Listing]:
    """What is to be loaded of what lies in landing now."""
    listing = landing.listing(contract.location)
    files = listing.complete(contract.rules, datetime.now(timezone.utc))
    if contract.rules.mode == "full":
        return ledger.plan_newest(files, known, landing.checksum, again), listing
    present = [file.name for file in listing.files]
    return ledger.plan(files, present, known, landing.checksum, again), listing


def preview(session: Session, landing: Landing, contract: Contract, again: Again = never) -> Plan:
    """What a load would do now; changes nothing.

    Before the first load there is no ledger yet, and every file is new.
    """
    try:
        known = ledger.read(session, contract.dataset)
    except SqlError as error:
        if not error.not_found:
            raise
        known = {}
    return make_plan(landing, contract, known, again)[0]


def load(
    session: Session,
    landing: Landing,
    contract: Contract,
    again: Again = never,
    progress: Progress = lambda step: None,
    report: DatasetReport | None = None,
) -> DatasetReport:
    """Load what is new of one dataset, after what an earlier load left open.

    `again` says which known files to read once more. Raises LakehouseError
    when Spark or the connection fails; what was claimed then is taken over by
    the next load.
    """
    began = time.monotonic()
    report = report or DatasetReport(contract.dataset, f"{contract.schema}.{contract.identifier}")
    columns = prepare(session, contract)
    with _configured(session, _reading(landing)):
        for _ in range(ATTEMPTS):
            known = ledger.read(session, contract.dataset)
            # A loader that died between closing a batch and tidying up left its tables.
            close_left(session, {entry.load_id for entry in known.values() if entry.state != ledger.OPEN})
            left_open = sorted({entry.load_id for entry in known.values() if entry.state == ledger.OPEN})
            for load_id in left_open:
                report.notes.append(f"took over batch {load_id}, which another load left open")
                run_batch(session, landing, contract, load_id, columns, report, progress)
            if left_open:
                continue
            planned, listing = make_plan(landing, contract, known, again)
            report.files_seen, report.files_missing = len(listing.files), len(planned.missing)
            report.files_planned = report.files_done + len(planned.claims)
            if planned.touched:
                touch(session, contract, planned.touched)
            changed = False
            for claims in in_batches(contract, planned.claims):
                load_id = new_load_id()
                entries = claim(session, contract, load_id, claims)
                progress("claimed")
                changed |= run_batch(session, landing, contract, load_id, columns, report, progress, entries)
            # A file that was rewritten while it was read is planned again.
            if not changed:
                break
            again = never
    report.seconds = round(report.seconds + time.monotonic() - began, 3)
    return report


def in_batches(contract: Contract, claims: Iterable[Claim]) -> list[tuple[Claim, ...]]:
    """Claims in the portions that one statement lands."""
    batches, size = [[]], 0
    for one in claims:
        size += one.file.size
        full = len(batches[-1]) >= contract.rules.max_batch_files or size > contract.rules.max_batch_bytes
        if full and batches[-1]:
            batches.append([])
            size = one.file.size
        batches[-1].append(one)
    return [tuple(batch) for batch in batches if batch]


def claim(session: Session, contract: Contract, load_id: str, claims: Sequence[Claim]) -> tuple[Entry, ...] | None:
    """Write a batch into the ledger; returns its entries, None where another loader was faster at some file."""
    statement = ledger.claim_statement(contract.dataset, load_id, claims)
    [(affected, *_)] = patiently(lambda: session.execute(statement))
    return tuple(one.entry(load_id) for one in claims) if affected == len(claims) else None


def touch(session: Session, contract: Contract, touched: Sequence[Claim]) -> None:
    """Remember the new size and time of files that hold what was loaded."""
    statement = ledger.touch_statement(contract.dataset, touched)
    patiently(lambda: session.execute(statement))


def run_batch(
    session: Session,
    landing: Landing,
    contract: Contract,
    load_id: str,
    columns: Sequence[str],
    report: DatasetReport,
    progress: Progress,
    entries: tuple[Entry, ...] | None = None,
) -> bool:
    """Land, quarantine and close one open batch, with its own file list.

    `entries` are what the ledger has of it, where that is known. Returns
    whether one of its files has to be planned again.
    """

    def attempt() -> bool:
        nonlocal entries
        mine, entries = entries, None
        first = mine is not None
        if not first:
            known = ledger.read(session, contract.dataset, load_id).values()
            mine = tuple(entry for entry in known if entry.state == ledger.OPEN)
        # Empty: another loader closed it meanwhile, or claimed every file first.
        batch = Batch(contract, load_id, mine, first=first)
        return bool(mine) and _run(session, landing, batch, columns, report, progress)

    return patiently(attempt)


@contextmanager
def _opened(session, landing, batch: Batch, files) -> Iterator[tuple[list[Reader], dict[str, str]]]:
    """What `open_readers` gives, closed at the end; another loader of the batch has its own."""
    readers, unfit = open_readers(session, landing, batch.contract, batch.load_id, files)
    try:
        yield readers, unfit
    finally:
        _drop(session, [reader.table for reader in readers])


def _drop(session: Session, tables: Iterable[str]) -> None:
    """Drop scratch tables at an end: the error that led there says more, and what is left the next load tidies up."""
    with suppress(LakehouseError):
        drop_scratch(session, tables)


def _run(session, landing, batch: Batch, columns, report: DatasetReport, progress: Progress) -> bool:
    began = time.monotonic()
    contract = batch.contract
    outcomes, files = _as_claimed(landing, batch)
    with _opened(session, landing, batch, files) as (readers, unfit):
        outcomes |= {name: Outcome(name, "rejected", reason) for name, reason in unfit.items()}
        try:
            landed = _land(session, landing, batch, readers, columns, outcomes, progress)
        except SqlError as error:
            # A file that breaks off is rejected; the others go on. All is well with the files: it was something else.
            if repeatable(error) or not (broken := dict(_unreadable(session, readers))):
                raise
            # A store that is away breaks off as well, and then cannot be listed.
            now, _ = _as_claimed(landing, batch)
            outcomes |= {name: Outcome(name, "rejected", reason) for name, reason in broken.items()} | now
            landed = _land(session, landing, replace(batch, first=False), readers, columns, outcomes, progress)
        progress("landed")
        # What changed while it was read was not read, or only in part.
        now, _ = _as_claimed(landing, batch)
        outcomes |= {name: outcome for name, outcome in now.items() if name not in outcomes}
        for entry in batch.entries:
            name = entry.source_file
            outcomes.setdefault(name, landed.outcome(name))
        _require_seen(landing, contract, readers, outcomes)
        progress("closing")
        seconds = round(time.monotonic() - began, 3)
        retired = _retired(session, batch, outcomes)
        close = ledger.close_statement(contract.dataset, batch.entries, outcomes, retired, landed.version, seconds)
        patiently(lambda: session.execute(close))
        progress("closed")
        _tell(session, report, batch, readers, outcomes)
        return any(outcome.state in ("changed", "gone") for outcome in outcomes.values())


def _as_claimed(landing: Landing, batch: Batch) -> tuple[dict[str, Outcome], list[LandedFile]]:
    """How the batch's files ended that are not as they were claimed, and the others."""
    present = {file.name: file for file in landing.listing(batch.contract.location).files}
    outcomes, files = {}, []
    for entry in batch.entries:
        name = entry.source_file
        if name not in present:
            outcomes[name] = Outcome(name, "gone")
        elif not entry.matches(present[name]):
            outcomes[name] = Outcome(name, "changed")
        else:
            files.append(present[name])
    return outcomes, files


@dataclass(frozen=True)
class _Landed:
    """What the statements of a batch did: rows by file, and bronze's version."""

    read: dict[str, int]
    landed: dict[str, int]
    rejected: dict[str, int]
    version: int | None

    def outcome(self, name: str) -> Outcome:
        counts = (counted.get(name, 0) for counted in (self.read, self.landed, self.rejected))
        return Outcome(name, "loaded", None, *counts)


def _land(
    session, landing, batch: Batch, readers, columns, outcomes: dict[str, Outcome], progress: Progress
) -> _Landed:
    """Run the statements of a batch; adds files that are held back to the outcomes."""
    rejected: dict[str, int] = {}
    read: dict[str, int] | None = None
    batch, readers = _without(batch, readers, outcomes)
    commits = _commits(session, batch)
    with _configured(session, commits):
        progress("landing")
        try:
            _write_bronze(session, batch, statements.read(batch.contract, readers), columns)
            if not batch.first:
                _write_quarantine(session, batch, "")
        except SqlError as error:
            if statements.MISFIT not in error.message:
                raise
            with _staged(session, batch, readers) as table:
                progress("quarantine")
                with _quarantining(session, batch, table):
                    counts = session.execute(statements.count_staged(table))
                    read = {name: rows for name, rows, _ in counts}
                    rejected = {name: misfits for name, _, misfits in counts if misfits}
                    outcomes |= _held_back(batch.contract, read, rejected)
                    batch, _ = _without(batch, readers, outcomes)
                    _write_bronze(session, batch, statements.staged(table, batch), columns)
    version, rows = _committed(session, batch, commits[MARK])
    if version is None and (batch.landing or not batch.first):
        raise SqlError(f"batch {batch.load_id} was landed by another loader")
    if batch.replaced or batch.contract.rules.mode == "full":
        claimed = ledger.claimed_at(session, batch.contract.dataset, batch.load_id)
        patiently(lambda: session.execute(statements.forget(batch, claimed)), CONFLICT)
    names = [entry.source_file for entry in batch.landing]
    if len(batch.entries) == len(names) == 1 and rows is not None:
        landed = {names[0]: rows}
    else:
        landed = dict(session.execute(statements.count_landed(batch)))
    if read is None:
        read = landed
    for name in names:
        if landed.get(name, 0) + rejected.get(name, 0) != read.get(name, 0):
            raise LakehouseError(
                f"{name} has {read.get(name, 0)} rows, of which {landed.get(name, 0)} were landed and "
                f"{rejected.get(name, 0)} rejected",
                "load it again: it may have been rewritten; if that repeats, report the file to us",
            )
    return _Landed(read, landed, rejected, version)


def _write_bronze(session: Session, batch: Batch, records: str, columns: Sequence[str]) -> None:
    """Land a batch's records; a repeat even none, so that what comes late of the first attempt is refused."""
    if batch.landing or not batch.first:
        session.execute(statements.land(batch, records, columns))


def _write_quarantine(session: Session, batch: Batch, table: str) -> None:
    """Write a batch's misfit rows; the loads of other datasets write there as well."""
    patiently(lambda: session.execute(statements.quarantine(batch, table)), CONFLICT)


@contextmanager
def _quarantining(session: Session, batch: Batch, table: str) -> Iterator[None]:
    """Writes the misfit rows of a scratch table beside the block's statements: the batch is closed after both."""
    written = session.start(statements.quarantine(batch, table))
    try:
        yield
    finally:
        done = written()
    if not done:
        # Once more, to be told why, or since another load was in the way.
        _write_quarantine(session, batch, table)


def _commits(session: Session, batch: Batch) -> dict[str, str]:
    """How the session commits an attempt to land a batch: with a mark of its own, and a number.

    Delta leaves out, without a word, what has no greater number than an
    earlier commit of the batch: a first attempt that comes after a repeat.
    """
    number = 0
    if not batch.first:
        [(number,)] = session.execute("select unix_millis(current_timestamp())")
    return {
        MARK: f"{batch.load_id} {secrets.token_hex(4)}",
        "spark.databricks.delta.write.txnAppId": batch.load_id,
        "spark.databricks.delta.write.txnVersion": str(number),
    }


def _reading(landing: Landing) -> dict[str, str]:
    """How the session lands files."""
    settings = {
        # Every row that is written is of its batch, as `replace where` asks: no need to look at each.
        "spark.databricks.delta.replaceWhere.constraintCheck.enabled": "false",
    }
    if landing.local:
        # Spark takes the opening of a file for as long as reading 4 MB, and makes a task, and a file in bronze, of 32.
        settings["spark.sql.files.openCostInBytes"] = "65536"
    return settings


@contextmanager
def _configured(session: Session, settings: dict[str, str]) -> Iterator[None]:
    """The session with some of Spark's settings."""
    for name, value in settings.items():
        session.execute(f"set {name}={value}")
    try:
        yield
    finally:
        with suppress(LakehouseError):
            for name in settings:
                session.execute(f"reset {name}")


@contextmanager
def _staged(session: Session, batch: Batch, readers: Sequence[Reader]) -> Iterator[str]:
    """A scratch table of what the files hold."""
    table = scratch_table(batch.load_id)
    session.execute(statements.create_stage(batch.contract, table))
    try:
        session.execute(statements.stage(batch.contract, table, readers))
        yield table
    finally:
        _drop(session, [table])


def _without(batch: Batch, readers: Sequence[Reader], outcomes: dict[str, Outcome]) -> tuple[Batch, list[Reader]]:
    """The batch and its readers without the files that have ended already."""
    kept = [
        replace(reader, files=tuple(file for file in reader.files if file.name not in outcomes)) for reader in readers
    ]
    return replace(batch, kept=tuple(sorted(outcomes))), [reader for reader in kept if reader.files]


def _held_back(contract: Contract, read: dict[str, int], rejected: dict[str, int]) -> dict[str, Outcome]:
    """The files of which more rows do not fit than the contract allows."""
    allowed = contract.rules.max_reject_ratio
    return {
        name: Outcome(
            name,
            "rejected",
            f"{rows:,} of {read[name]:,} rows do not fit ({rows / read[name]:.1%}), more than max_reject_ratio "
            f"({allowed:.1%}): held back whole",
            read[name],
            0,
            rows,
        )
        for name, rows in rejected.items()
        if rows > allowed * read[name]
    }


def _committed(session: Session, batch: Batch, mark: str) -> tuple[int | None, int | None]:
    """Bronze's version that the attempt made, and the rows it added where it replaced none; None where it made none."""
    history = session.query(f"describe history {statements.bronze(batch.contract)} limit 10")
    at, said, did = (history.columns.index(name) for name in ("version", "userMetadata", "operationMetrics"))
    for row in history.rows:
        if row[said] == mark:
            metrics = json.loads(row[did])
            added = int(metrics["numOutputRows"]) if metrics.get("numRemovedFiles", "0") == "0" else None
            return row[at], added
    return None, None


def _unreadable(session: Session, readers: Sequence[Reader]) -> Iterator[tuple[str, str]]:
    """The files that Spark cannot read to their end, and why; found by halving."""
    for reader in readers:
        try:
            session.execute(statements.probe(reader))
        except SqlError as error:
            files = reader.files
            if len(files) == 1:
                if error.condition.startswith(UNREADABLE):
                    yield files[0].name, f"it cannot be read to its end: {error.sentence}"
                continue
            middle = len(files) // 2
            yield from _unreadable(session, [replace(reader, files=half) for half in (files[:middle], files[middle:])])


def _require_seen(
    landing: Landing, contract: Contract, readers: Iterable[Reader], outcomes: dict[str, Outcome]
) -> None:
    """Fail rather than close a file as loaded that has rows of which Spark read none."""
    for reader in readers:
        for file in reader.files:
            outcome = outcomes[file.name]
            if outcome.state == "loaded" and not outcome.rows_read and has_rows(landing, contract, file):
                raise LakehouseError(
                    f"Spark read no row of {file.name}, which is not empty",
                    "load it again; if that repeats, rename the file and report its name to us",
                )


def _retired(session: Session, batch: Batch, outcomes: dict[str, Outcome]) -> list[Outcome]:
    """Other files whose rows the batch took over."""
    landed = [entry for entry in batch.entries if outcomes[entry.source_file].state == "loaded"]
    if batch.contract.rules.mode == "full" and landed:
        others = ledger.loaded_others(session, batch.contract.dataset, batch.load_id)
        return [Outcome(name, "superseded") for name in others]
    return [Outcome(entry.replaces, "renamed") for entry in landed if entry.replaces not in (None, entry.source_file)]


def _tell(
    session, report: DatasetReport, batch: Batch, readers: Iterable[Reader], outcomes: dict[str, Outcome]
) -> None:
    """Add a closed batch to the report."""
    contract = batch.contract
    report.batches.append(batch.load_id)
    for entry in batch.entries:
        outcome = outcomes[entry.source_file]
        report.files_done += 1
        if outcome.state == "loaded":
            report.files_replaced += entry.replaces is not None
            report.files_new += entry.replaces is None
            report.rows_read += outcome.rows_read or 0
            report.rows_landed += outcome.rows_landed or 0
            report.rows_rejected += outcome.rows_rejected or 0
            report.bytes += entry.size
            if entry.replaces not in (None, entry.source_file):
                report.notes.append(f"{entry.source_file} was called {entry.replaces} before: its rows are replaced")
        elif outcome.state == "rejected":
            report.files_rejected += 1
            report.notes.append(f"{outcome.source_file} was rejected: {outcome.reason}")
        else:
            report.notes.append(f"{outcome.source_file} was {outcome.state} while it was loaded")
    if contract.rules.key and report.rows_landed:
        [(duplicates,)] = session.execute(statements.count_duplicates(contract, batch.load_id))
        report.rows_duplicate += duplicates
    unknown = {name for reader in readers for name in reader.unknown}
    if contract.using == "json" and report.rows_landed:
        [(names,)] = session.execute(statements.rescued_names(contract, batch.load_id))
        unknown |= {name for name in names.split(", ") if name}
    missing = {name for reader in readers for name in reader.missing}
    for what, names in (("not in the contract, kept in _rescued_data", unknown), ("not in the files, null", missing)):
        note = f"columns {what}: {', '.join(sorted(names))}"
        if names and note not in report.notes:
            report.notes.append(note)
