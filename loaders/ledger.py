"""The ledger: one row per landed file, and who is loading it.

A file is claimed before it is read and closed after its rows are in bronze.
The table has one row per dataset and file; how a row came about is in its
Delta history. Of two loaders claiming the same file one conflicts and looks
again, so a file is in one open batch at the most.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from loaders.listing import LandedFile
from loaders.sql import literal, rows
from ops.thrift import Session

TABLE = "bronze.load_ledger"

CREATE = f"""
create table if not exists {TABLE} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    state string not null comment 'claimed, loaded, rejected, changed or gone: see docs/loading.md.',
    reason string comment 'Why the file was rejected.',
    load_id string not null comment 'The batch that claimed the file last.',
    replaces boolean not null comment 'Whether earlier rows of the file may be in bronze.',
    size_bytes bigint not null,
    modified_at timestamp not null comment 'Modification time of the file, UTC.',
    checksum string not null comment 'BLAKE2 digest of the content.',
    rows_read bigint comment 'Rows in the file.',
    rows_landed bigint comment 'Rows of the file in bronze.',
    rows_rejected bigint comment 'Rows of the file in the quarantine.',
    delta_version bigint comment 'Version of the bronze table that has the rows.',
    claimed_at timestamp not null,
    closed_at timestamp
) using delta
comment 'One row per landed file: what was loaded from it, when and by which batch.'
"""


@dataclass(frozen=True)
class Entry:
    """What the ledger knows of a file; times in milliseconds since 1970 UTC."""

    source_file: str
    state: str
    load_id: str
    replaces: bool
    size: int
    modified: int
    checksum: str

    def matches(self, file: LandedFile) -> bool:
        """Whether the file still looks as the ledger remembers it."""
        return (self.size, self.modified) == (file.size, file.modified)


@dataclass(frozen=True)
class Outcome:
    """How a file of a batch ended."""

    source_file: str
    state: str
    reason: str | None = None
    rows_read: int | None = None
    rows_landed: int | None = None
    rows_rejected: int | None = None


def read_statement(dataset: str) -> str:
    return f"""
select source_file, state, load_id, replaces, size_bytes, unix_millis(modified_at), checksum
from {TABLE}
where dataset = {literal(dataset)}"""


def read(session: Session, dataset: str) -> dict[str, Entry]:
    """Everything the ledger knows of a dataset, by file."""
    entries = (Entry(*row) for row in session.execute(read_statement(dataset)))
    return {entry.source_file: entry for entry in entries}


@dataclass(frozen=True)
class Plan:
    """What a load would do: the files to claim, and those only to remember.

    `touched` were modified but hold what was loaded; `missing` were loaded and
    are gone from landing; their rows stay.
    """

    new: tuple[LandedFile, ...]
    corrected: tuple[LandedFile, ...]
    touched: tuple[LandedFile, ...]
    missing: tuple[str, ...]
    checksums: dict[str, str]

    @property
    def claims(self) -> tuple[LandedFile, ...]:
        return (*self.new, *self.corrected)


def plan(files: Iterable[LandedFile], known: dict[str, Entry], everything: bool = False) -> Plan:
    """Compare the listing with the ledger.

    `everything` claims files that did not change as well. A file in an open
    batch belongs to it. A checksum is made only where size or time differ.
    """
    new, corrected, touched, checksums = [], [], [], {}
    files = list(files)
    for file in files:
        entry = known.get(file.name)
        done = entry and entry.state in ("loaded", "rejected")
        belongs_elsewhere = entry and entry.state == "claimed"
        if belongs_elsewhere or (done and entry.matches(file) and not everything):
            continue
        try:
            checksums[file.name] = file.checksum()
        except FileNotFoundError:
            # It vanished since the listing: there is nothing to load.
            continue
        if entry is None:
            new.append(file)
        elif done and checksums[file.name] == entry.checksum and not everything:
            touched.append(file)
        else:
            corrected.append(file)
    present = {file.name for file in files}
    missing = (name for name, entry in known.items() if name not in present and entry.state == "loaded")
    return Plan(tuple(new), tuple(corrected), tuple(touched), tuple(missing), checksums)


def claim_statement(dataset: str, load_id: str, planned: Plan, everything: bool = False) -> str:
    """One MERGE that claims what is still to be claimed.

    What another loader claimed or loaded since the plan was made is left
    alone, because the conditions are decided again inside the MERGE.
    """
    values = rows(
        (file.name, file.size, file.modified, planned.checksums[file.name])
        for file in (*planned.claims, *planned.touched)
    )
    again = "true" if everything else "(t.checksum <> s.checksum or t.state in ('changed', 'gone'))"
    return f"""
merge into {TABLE} as t
using (
    select source_file, size_bytes, timestamp_millis(modified) as modified_at, checksum
    from values
{values}
    as v(source_file, size_bytes, modified, checksum)
) as s
on t.dataset = {literal(dataset)} and t.source_file = s.source_file
when matched and t.state <> 'claimed' and {again} then update set
    state = 'claimed', reason = null, load_id = {literal(load_id)}, replaces = true,
    size_bytes = s.size_bytes, modified_at = s.modified_at, checksum = s.checksum,
    rows_read = null, rows_landed = null, rows_rejected = null, delta_version = null,
    claimed_at = current_timestamp(), closed_at = null
when matched and t.state <> 'claimed' then update set
    size_bytes = s.size_bytes, modified_at = s.modified_at
when not matched then insert (
    dataset, source_file, state, load_id, replaces, size_bytes, modified_at, checksum, claimed_at
) values (
    {literal(dataset)}, s.source_file, 'claimed', {literal(load_id)}, false,
    s.size_bytes, s.modified_at, s.checksum, current_timestamp()
)"""


def close_statement(dataset: str, load_id: str, outcomes: Iterable[Outcome], version: int | None) -> str:
    """One MERGE that closes a batch; a file that another loader closed stays as it is."""
    values = rows((o.source_file, o.state, o.reason, o.rows_read, o.rows_landed, o.rows_rejected) for o in outcomes)
    return f"""
merge into {TABLE} as t
using (
    select * from values
{values}
    as v(source_file, state, reason, rows_read, rows_landed, rows_rejected)
) as s
on t.dataset = {literal(dataset)} and t.source_file = s.source_file
when matched and t.state = 'claimed' and t.load_id = {literal(load_id)} then update set
    state = s.state, reason = cast(s.reason as string), rows_read = cast(s.rows_read as bigint),
    rows_landed = cast(s.rows_landed as bigint), rows_rejected = cast(s.rows_rejected as bigint),
    delta_version = {literal(version)}, closed_at = current_timestamp()"""
