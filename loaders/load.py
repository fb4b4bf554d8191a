"""Loading one dataset: plan and claim, land, close."""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from loaders import inspect, ledger, listing, statements
from loaders.contract import Contract
from loaders.ledger import Entry, Outcome
from loaders.listing import LandedFile
from loaders.report import DatasetReport
from loaders.sql import identifier, literal
from ops.errors import LakehouseError
from ops.settings import Settings
from ops.thrift import Session, SqlError

ATTEMPTS = 10
# Another session wrote or made the same table meanwhile, or dropped a scratch
# table of a batch that we share with it: look again and repeat.
REPEATABLE = (
    "ALREADY_EXISTS",
    "DELTA_CONCURRENT",
    "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
    "DELTA_METADATA_CHANGED",
    "DELTA_PROTOCOL_CHANGED",
    "TABLE_OR_VIEW_NOT_FOUND",
    "not a Delta table",
    "was closed by another loader",
)

Progress = Callable[[str], None]


def patiently(attempt: Callable[[], None]) -> None:
    """Run `attempt` until it meets no conflict, ATTEMPTS times at the most."""
    for left in reversed(range(ATTEMPTS)):
        try:
            return attempt()
        except SqlError as error:
            if not left or not any(word in error.message for word in REPEATABLE):
                raise
            time.sleep((ATTEMPTS - left) * secrets.SystemRandom().uniform(0.2, 0.6))


def prepare(session: Session, contract: Contract) -> None:
    """Make the tables that a load needs, where they are not there."""
    bronze_schema = ledger.TABLE.split(".")[0]
    wanted = {
        (bronze_schema, ledger.TABLE.split(".")[1]): ledger.CREATE,
        (bronze_schema, statements.QUARANTINE.split(".")[1]): statements.CREATE_QUARANTINE,
        (contract.schema, contract.identifier): statements.create_bronze(contract),
    }
    schemas = {schema for (schema,) in session.execute("show schemas")}
    for schema in {bronze_schema, contract.schema, statements.SCRATCH} - schemas:
        session.execute(f"create schema if not exists {identifier(schema)}")
    there = {
        (schema, table)
        for name in {bronze_schema, contract.schema}
        for schema, table, _ in session.execute(f"show tables in {identifier(name)}")
    }
    for table, statement in wanted.items():
        if table not in there:
            patiently(lambda statement=statement: session.execute(statement))
    table = statements.bronze(contract)
    present = session.query(f"select * from {table} limit 0").columns
    if added := statements.add_columns(contract, present):
        patiently(lambda: session.execute(added))


def new_load_id() -> str:
    """An id that sorts by time: 20261121t105501_3fa9c1."""
    return f"{datetime.now(timezone.utc):%Y%m%dt%H%M%S}_{secrets.token_hex(3)}"


def preview(session: Session, settings: Settings, contract: Contract, everything: bool = False) -> ledger.Plan:
    """What a load would do now; changes nothing.

    Before the first load there is no ledger yet, and every file is new.
    """
    try:
        known = ledger.read(session, contract.dataset)
    except SqlError as error:
        if not error.condition.startswith(("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")):
            raise
        known = {}
    return ledger.plan(listing.listing(settings.landing, contract.location), known, everything)


def load(
    session: Session,
    settings: Settings,
    contract: Contract,
    everything: bool = False,
    progress: Progress = lambda step: None,
) -> DatasetReport:
    """Load what is new of one dataset, after what an earlier load left open.

    Raises LakehouseError when Spark or the connection fails; what was claimed
    then is taken over by the next load.
    """
    began = time.monotonic()
    report = DatasetReport(contract.dataset, f"{contract.schema}.{contract.identifier}")
    prepare(session, contract)
    for _ in range(ATTEMPTS):
        known = ledger.read(session, contract.dataset)
        left_open = sorted({entry.load_id for entry in known.values() if entry.state == "claimed"})
        for load_id in left_open:
            report.notes.append(f"took over batch {load_id}, which another load left open")
            run_batch(session, settings, contract, load_id, report, progress)
        if left_open:
            continue
        progress("planning")
        files = listing.listing(settings.landing, contract.location)
        planned = ledger.plan(files, known, everything)
        report.files_seen, report.files_missing = len(files), len(planned.missing)
        load_id = new_load_id()
        claim(session, contract, load_id, planned, everything)
        if not planned.claims:
            break
        run_batch(session, settings, contract, load_id, report, progress)
        # Look once more: a file that was rewritten while it was read is planned again.
        everything = False
    report.seconds = round(time.monotonic() - began, 3)
    return report


def claim(session: Session, contract: Contract, load_id: str, planned: ledger.Plan, everything: bool = False) -> None:
    """Write the batch into the ledger."""
    if planned.claims or planned.touched:
        statement = ledger.claim_statement(contract.dataset, load_id, planned, everything)
        patiently(lambda: session.execute(statement))


def run_batch(
    session: Session,
    settings: Settings,
    contract: Contract,
    load_id: str,
    report: DatasetReport,
    progress: Progress,
) -> None:
    """Land, quarantine and close one open batch, with its own file list."""

    def attempt() -> None:
        known = ledger.read(session, contract.dataset)
        batch = [entry for entry in known.values() if entry.load_id == load_id and entry.state == "claimed"]
        # None: another loader closed it meanwhile, or claimed every file first.
        if batch:
            _run_batch(session, settings, contract, load_id, batch, report, progress)

    patiently(attempt)


def _run_batch(
    session: Session,
    settings: Settings,
    contract: Contract,
    load_id: str,
    batch: Sequence[Entry],
    report: DatasetReport,
    progress: Progress,
) -> None:
    files, outcomes = _present(settings, batch)
    progress(f"reading {len(files)} files")
    try:
        readers, unfit = _readers(session, settings, contract, load_id, files)
        outcomes |= {name: Outcome(name, "rejected", reason) for name, reason in unfit.items()}
        kept = sorted(outcomes)
        corrected = [entry.source_file for entry in batch if entry.replaces and entry.source_file not in outcomes]
        landing = _Landing()
        if len(outcomes) < len(batch):
            landing = _land(session, contract, load_id, readers, corrected, kept, len(batch), progress)
        for entry in batch:
            name = entry.source_file
            now = listing.look(settings.landing, name)
            if name not in outcomes and (now is None or not entry.matches(now)):
                outcomes[name] = Outcome(name, "gone" if now is None else "changed")
            if name not in outcomes:
                outcomes[name] = landing.outcome(name)
        inspect.require_seen(session, contract, readers, outcomes)
        progress("closing")
        close = ledger.close_statement(contract.dataset, load_id, outcomes.values(), landing.version)
        patiently(lambda: session.execute(close))
    finally:
        _drop_scratch(session, load_id)
    _tell(report, load_id, batch, outcomes.values())


def _present(settings: Settings, batch: Sequence[Entry]) -> tuple[list[LandedFile], dict[str, Outcome]]:
    """The batch's files that are as they were claimed; how the others ended."""
    files, outcomes = [], {}
    for entry in batch:
        file = listing.look(settings.landing, entry.source_file)
        if file is None:
            outcomes[entry.source_file] = Outcome(entry.source_file, "gone")
        elif not entry.matches(file):
            outcomes[entry.source_file] = Outcome(entry.source_file, "changed")
        else:
            files.append(file)
    return files, outcomes


def _readers(session, settings, contract, load_id, files):
    if contract.using == "parquet":
        paths = {file.name: str(settings.landing / file.name) for file in files}
        return inspect.parquet_readers(session, contract, files, paths)
    folder = str(settings.landing / contract.location)
    return inspect.csv_readers(session, contract, load_id, files, folder)


@dataclass(frozen=True)
class _Landing:
    """What the statements of a batch did: rows by file, and bronze's version."""

    read: dict[str, int] = field(default_factory=dict)
    landed: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    version: int | None = None

    def outcome(self, name: str) -> Outcome:
        counts = (counted.get(name, 0) for counted in (self.read, self.landed, self.rejected))
        return Outcome(name, "loaded", None, *counts)


def _land(session, contract, load_id, readers, corrected, kept, claimed, progress) -> _Landing:
    """Run the statements of a batch: bronze, and the quarantine where it has to change."""
    table = statements.bronze(contract)
    session.execute(f"set spark.databricks.delta.commitInfo.userMetadata={load_id}")
    try:
        progress("landing")
        order = session.query(f"select * from {table} limit 0").columns
        session.execute(statements.land(contract, load_id, readers, corrected, kept, order, claimed))
        read = dict(session.execute(statements.count_read(readers))) if readers else {}
        landed = _count(session, table, "_source_file", f"_load_id = {literal(load_id)}")
        rejected = {}
        # A batch that fits its contract and replaces nothing leaves the quarantine as it is.
        mine = f"dataset = {literal(contract.dataset)} and load_id = {literal(load_id)}"
        if corrected or any(landed.get(name, 0) != rows for name, rows in read.items()):
            progress("writing the quarantine")
            session.execute(statements.quarantine(contract, load_id, readers, corrected, kept, claimed))
            rejected = _count(session, statements.QUARANTINE, "source_file", mine)
    finally:
        session.execute("reset spark.databricks.delta.commitInfo.userMetadata")
    history = session.query(f"describe history {table} limit 20")
    at, said = history.columns.index("version"), history.columns.index("userMetadata")
    version = next((row[at] for row in history.rows if row[said] == load_id), None)
    return _Landing(read, landed, rejected, version)


def _count(session: Session, table: str, file_column: str, condition: str) -> dict[str, int]:
    """Rows by file."""
    return dict(session.execute(f"select {file_column}, count(*) from {table} where {condition} group by all"))


def _drop_scratch(session: Session, load_id: str) -> None:
    try:
        for row in session.execute(f"show tables in {statements.SCRATCH} like '{load_id}*'"):
            session.execute(f"drop table if exists {identifier(statements.SCRATCH, row[1])}")
    except LakehouseError:
        # The error that brought us here says more; the next load drops them.
        return


def _tell(report: DatasetReport, load_id: str, batch: Sequence[Entry], outcomes) -> None:
    facts = {entry.source_file: entry for entry in batch}
    report.batches.append(load_id)
    for outcome in outcomes:
        entry = facts[outcome.source_file]
        if outcome.state == "loaded":
            report.files_replaced += entry.replaces
            report.files_new += not entry.replaces
            report.rows_read += outcome.rows_read or 0
            report.rows_landed += outcome.rows_landed or 0
            report.rows_rejected += outcome.rows_rejected or 0
            report.bytes += entry.size
        elif outcome.state == "rejected":
            report.files_rejected += 1
            report.notes.append(f"{outcome.source_file} was rejected: {outcome.reason}")
        else:
            report.notes.append(f"{outcome.source_file} was {outcome.state} while it was loaded")
