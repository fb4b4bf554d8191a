"""The ledger: who loads a file, and how that ended.

A file is claimed before it is read and closed after its rows are in bronze.
Both add a row to LOG, and no row is ever changed: its attempts number the
claims of a file, and of two loaders claiming the same attempt one conflicts
and looks again, so a file is in one open batch at the most. The view TABLE has
the present state, a row for each dataset and file.

Each batch makes two short commits: a checkpoint at every tenth of them would
take longer than reading a hundred.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lakehouse.sql import inline_table, literal
from lakehouse.thrift import Session
from loaders.listing import LandedFile

LOG = "bronze.load_log"
TABLE = "bronze.load_ledger"
OPEN = "claimed"

CREATE_LOG = f"""
create table if not exists {LOG} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    state string not null comment 'claimed, loaded, rejected and others: see docs/loading.md.',
    reason string comment 'Why the file was rejected.',
    load_id string not null comment 'The batch that claimed the file.',
    replaces string comment 'The file whose earlier rows the claim replaces: itself, or its former name.',
    size_bytes bigint not null,
    modified_at timestamp not null comment 'Modification time of the file, UTC.',
    checksum string not null comment 'Digest of the content: BLAKE2, or made of ETags of the object store.',
    rows_read bigint comment 'Rows in the file.',
    rows_landed bigint comment 'Rows of the file in bronze.',
    rows_rejected bigint comment 'Rows of the file in the quarantine.',
    delta_version bigint comment 'Version of the bronze table that has the rows.',
    seconds double comment 'How long the batch took.',
    claimed_at timestamp comment 'When the file was claimed, UTC; in the row of the claim.',
    closed_at timestamp comment 'When the state was reached, UTC; null in the row of the claim.',
    attempt int comment 'The how many-th claim of the file; null before attempts were counted.'
) using delta
partitioned by (dataset)
comment 'One row per claim of a landed file, and one per end of it: what was loaded, when and by which batch.'
tblproperties ('delta.checkpointInterval' = '100', 'delta.dataSkippingStatsColumns' = 'source_file,load_id')
"""

# The order of a file's rows. What is renamed or superseded was loaded before; of two loaders
# that closed one attempt the one that loaded the file has its rows in bronze.
ORDER = "attempt, closed_at is not null, state in ('renamed', 'superseded'), state = 'loaded', closed_at"
# What the end of a file says, in the order of the statements that write it.
FACTS = (
    "attempt, state, reason, load_id, replaces, size_bytes, modified_at, checksum, rows_read, rows_landed, "
    "rows_rejected, delta_version, seconds, closed_at"
)
END = f"dataset, source_file, {FACTS}"

CREATE = f"""
create view if not exists {TABLE}
comment 'One row per landed file: its present state, of what {LOG} has of it.'
as select dataset, source_file, {FACTS}, claimed as claimed_at
from (
    select *, max(claimed_at) over (partition by source_file, dataset) as claimed,
        lead(state) over (partition by source_file, dataset order by {ORDER}) as later
    from {LOG}
)
where later is null"""

# What a ledger may lack that was made before its columns were.
ADDED = {"replaces": "string", "rows_read": "bigint", "seconds": "double", "attempt": "int"}


def upgrade(held: Collection[str]) -> list[str]:
    """What makes a log of a ledger as it was when it had one row per file, with the columns `held`."""
    added = ", ".join(f"{name} {type_}" for name, type_ in ADDED.items() if name not in held)
    return [
        f"alter table {TABLE} alter column claimed_at drop not null",
        *([f"alter table {TABLE} add columns ({added})"] if added else []),
        f"alter table {TABLE} rename to {LOG}",
    ]


class Entry(NamedTuple):
    """What the ledger knows of a file; `modified` in milliseconds since 1970 UTC.

    No dataclass, as a hundred thousand of these take twice as long to make.
    """

    source_file: str
    state: str
    load_id: str
    replaces: str | None
    size: int
    modified: int
    checksum: str
    rows_rejected: int | None
    attempt: int

    def matches(self, file: LandedFile) -> bool:
        """Whether the file still looks as the ledger remembers it."""
        same = (self.size, self.modified) == (file.size, file.modified)
        # An object store tells times in seconds, in which much may happen.
        return same and file.mark in ("", self.checksum)


@dataclass(frozen=True)
class Outcome:
    """How a file of a batch ended."""

    source_file: str
    state: str
    reason: str | None = None
    rows_read: int | None = None
    rows_landed: int | None = None
    rows_rejected: int | None = None


def read(session: Session, dataset: str, load_id: str = "") -> dict[str, Entry]:
    """What the ledger knows of a dataset, or of one batch of it, by file."""
    batch = f" and load_id = {literal(load_id)}" if load_id else ""
    # One JSON text, a list for each field: a hundred thousand rows take the client longer than Spark.
    [(known,)] = session.execute(f"""
select to_json(struct({", ".join(f"known.{name}" for name in Entry._fields)}))
from (
    select collect_list(struct(
        source_file, state, load_id, replaces, size_bytes as size, unix_millis(modified_at) as modified,
        checksum, rows_rejected, coalesce(attempt, 0) as attempt
    )) as known
    from {TABLE}
    where dataset = {literal(dataset)}{batch}
)""")
    lists = json.loads(known)
    return {entry.source_file: entry for entry in map(Entry, *(lists[name] for name in Entry._fields))}


@dataclass(frozen=True)
class Claim:
    """A file to load, what it replaces, and the number of the attempt (the first: 1)."""

    file: LandedFile
    checksum: str
    replaces: str | None = None
    attempt: int = 1

    def entry(self, load_id: str) -> Entry:
        """The ledger's entry, once a batch has the file."""
        file = self.file
        return Entry(
            file.name, OPEN, load_id, self.replaces, file.size, file.modified, self.checksum, None, self.attempt
        )


@dataclass(frozen=True)
class Plan:
    """What a load would do.

    `touched` were modified but hold what was loaded; `missing` were loaded and
    are gone from landing; their rows stay.
    """

    claims: tuple[Claim, ...] = ()
    touched: tuple[Claim, ...] = ()
    missing: tuple[str, ...] = ()


Again = Callable[[Entry], bool]


def never(entry: Entry) -> bool:
    """Reads no file again that did not change."""
    return False


def plan(
    files: Iterable[LandedFile],
    present: Iterable[str],
    known: dict[str, Entry],
    checksum: Callable[[LandedFile], str],
    again: Again = never,
) -> Plan:
    """Compare the complete files with the ledger; `present` are all that lie there.

    `again` says which loaded or rejected files to read again. A file in an
    open batch belongs to it. A checksum is made only where size or time differ.
    """
    present = set(present)
    missing = {name: entry for name, entry in known.items() if entry.state == "loaded" and name not in present}
    former = {entry.checksum: name for name, entry in sorted(missing.items(), reverse=True)}
    claims, touched = [], []
    for file in files:
        entry = known.get(file.name)
        if entry and entry.state == OPEN:
            continue
        done = entry is not None and entry.state in ("loaded", "rejected")
        repeat = done and again(entry)
        if done and entry.matches(file) and not repeat:
            continue
        try:
            digest = checksum(file)
        except FileNotFoundError:
            # It vanished since the listing: there is nothing to load.
            continue
        attempt = entry.attempt + 1 if entry else 1
        if done and digest == entry.checksum and not repeat:
            touched.append(Claim(file, digest, None, attempt))
        elif entry and entry.state != "renamed":
            claims.append(Claim(file, digest, file.name, attempt))
        else:
            # The same content under a new name while the old name is gone.
            renamed = former.pop(digest, None)
            missing.pop(renamed, None)
            claims.append(Claim(file, digest, renamed, attempt))
    return Plan(tuple(claims), tuple(touched), tuple(missing))


def plan_newest(
    files: Iterable[LandedFile],
    known: dict[str, Entry],
    checksum: Callable[[LandedFile], str],
    again: Again = never,
) -> Plan:
    """The plan of a table that is its newest file (mode `full`).

    Nothing, unless that file is newer than, and differs from, what the table holds.
    """
    newest = max(files, key=lambda file: (file.modified, file.name), default=None)
    if newest is None or any(entry.state == OPEN for entry in known.values()):
        return Plan()
    held = max(
        (entry for entry in known.values() if entry.state == "loaded"), key=lambda entry: entry.modified, default=None
    )
    entry = known.get(newest.name)
    if entry and entry.state in ("loaded", "rejected") and entry.matches(newest) and not again(entry):
        return Plan()
    if held and newest.modified < held.modified and newest.name != held.source_file:
        return Plan()
    attempt = entry.attempt + 1 if entry else 1
    claim = Claim(newest, checksum(newest), entry and newest.name, attempt)
    if held and claim.checksum == held.checksum and not again(held):
        return Plan(touched=(claim,) if newest.name == held.source_file else ())
    return Plan(claims=(claim,))


def claim_statement(dataset: str, load_id: str, claims: Iterable[Claim]) -> str:
    """One MERGE that claims each file whose attempt no other loader has claimed."""
    source = inline_table(
        "source_file string, attempt int, replaces string, size_bytes bigint, modified bigint, checksum string",
        (
            (claim.file.name, claim.attempt, claim.replaces, claim.file.size, claim.file.modified, claim.checksum)
            for claim in claims
        ),
    )
    return f"""
merge into {LOG} as t
using (select * from {source}) as s
on t.dataset = {literal(dataset)} and t.source_file = s.source_file and t.attempt = s.attempt
when not matched then insert (
    dataset, source_file, attempt, state, load_id, replaces, size_bytes, modified_at, checksum, claimed_at
) values (
    {literal(dataset)}, s.source_file, s.attempt, '{OPEN}', {literal(load_id)}, s.replaces,
    s.size_bytes, timestamp_millis(s.modified), s.checksum, current_timestamp()
)"""


def touch_statement(dataset: str, touched: Iterable[Claim]) -> str:
    """Remembers size and time of files that hold what was loaded, unless another loader has claimed them since."""
    source = inline_table(
        "source_file string, attempt int, size_bytes bigint, modified bigint",
        ((claim.file.name, claim.attempt, claim.file.size, claim.file.modified) for claim in touched),
    )
    return f"""
insert into {LOG} ({END})
select l.dataset, l.source_file, s.attempt, l.state, l.reason, l.load_id, l.replaces, s.size_bytes,
    timestamp_millis(s.modified), l.checksum, l.rows_read, l.rows_landed, l.rows_rejected, l.delta_version,
    l.seconds, l.closed_at
from {TABLE} as l
join (select * from {source}) as s
on l.source_file = s.source_file and coalesce(l.attempt, 0) + 1 = s.attempt
where l.dataset = {literal(dataset)} and l.state <> '{OPEN}'"""


def close_statement(
    dataset: str,
    entries: Sequence[Entry],
    outcomes: Mapping[str, Outcome],
    retired: Iterable[Outcome],
    version: int | None,
    seconds: float,
) -> str:
    """One INSERT that closes a batch, all its entries; to close it twice does no harm.

    `retired` are other files whose rows the batch took over, renamed or
    superseded: these only while it is open, as they may have come back since.
    """
    load_id = literal(entries[0].load_id)
    ends = inline_table(
        "source_file string, attempt int, state string, reason string, replaces string, size_bytes bigint, "
        "modified bigint, checksum string, rows_read bigint, rows_landed bigint, rows_rejected bigint",
        (
            (
                *(entry.source_file, entry.attempt, end.state, end.reason, entry.replaces, entry.size),
                *(entry.modified, entry.checksum, end.rows_read, end.rows_landed, end.rows_rejected),
            )
            for entry, end in ((entry, outcomes[entry.source_file]) for entry in entries)
        ),
    )
    rows = f"""
select {literal(dataset)}, source_file, attempt, state, reason, {load_id}, replaces, size_bytes,
    timestamp_millis(modified), checksum, rows_read, rows_landed, rows_rejected, {literal(version)},
    {literal(seconds)}, current_timestamp()
from {ends}"""
    if others := [(o.source_file, o.state) for o in retired]:
        rows += f"""
union all
select l.dataset, l.source_file, l.attempt, s.state, l.reason, l.load_id, l.replaces, l.size_bytes,
    l.modified_at, l.checksum, l.rows_read, 0, 0, l.delta_version, l.seconds, current_timestamp()
from {TABLE} as l
join (select * from {inline_table("source_file string, state string", others)}) as s
on l.source_file = s.source_file
where l.dataset = {literal(dataset)} and l.state = 'loaded' and not exists (
    select 1 from {LOG}
    where dataset = {literal(dataset)} and load_id = {load_id} and closed_at is not null
)"""
    return f"insert into {LOG} ({END}){rows}"


def guard(dataset: str, load_id: str, files: int) -> str:
    """A condition that fails the statement when the batch is no longer open.

    A loader that slept while its batch was taken over and closed must not
    replace what came later.
    """
    return f"""(
    select if(count(*) = {files}, true, raise_error('batch {load_id} was closed by another loader'))
    from {LOG}
    where dataset = {literal(dataset)} and load_id = {literal(load_id)}
)"""


def claimed_at(session: Session, dataset: str, load_id: str) -> int:
    """When a batch was claimed, by the server's clock: in microseconds since 1970 UTC."""
    [(when,)] = session.execute(
        f"select unix_micros(min(claimed_at)) from {LOG} "
        f"where dataset = {literal(dataset)} and load_id = {literal(load_id)}"
    )
    return when


def loaded_others(session: Session, dataset: str, load_id: str) -> list[str]:
    """Files whose rows a table in mode `full` held before the batch."""
    return [
        name
        for (name,) in session.execute(
            f"select source_file from {TABLE} where dataset = {literal(dataset)} and state = 'loaded' "
            f"and load_id <> {literal(load_id)}"
        )
    ]
