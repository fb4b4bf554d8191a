"""The ledger: one row per landed file, and who is loading it.

A file is claimed before it is read and closed after its rows are in bronze.
The table has one row per dataset and file; how a row came about is in its
Delta history. Of two loaders claiming the same file one conflicts and looks
again, so a file is in one open batch at the most.

Each batch makes two short commits: a checkpoint at every tenth of them would
take longer than reading a hundred.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from loaders.listing import LandedFile
from loaders.sql import inline_table, literal
from ops.thrift import Session

TABLE = "bronze.load_ledger"
OPEN = "claimed"

CREATE = f"""
create table if not exists {TABLE} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    state string not null comment 'claimed, loaded, rejected and others: see docs/loading.md.',
    reason string comment 'Why the file was rejected.',
    load_id string not null comment 'The batch that claimed the file last.',
    replaces string comment 'The file whose earlier rows the claim replaces: itself, or its former name.',
    size_bytes bigint not null,
    modified_at timestamp not null comment 'Modification time of the file, UTC.',
    checksum string not null comment 'Digest of the content: BLAKE2, or made of ETags of the object store.',
    rows_read bigint comment 'Rows in the file.',
    rows_landed bigint comment 'Rows of the file in bronze.',
    rows_rejected bigint comment 'Rows of the file in the quarantine.',
    delta_version bigint comment 'Version of the bronze table that has the rows.',
    seconds double comment 'How long the batch took.',
    claimed_at timestamp not null,
    closed_at timestamp
) using delta
partitioned by (dataset)
comment 'One row per landed file: what was loaded from it, when and by which batch.'
tblproperties ('delta.checkpointInterval' = '100', 'delta.dataSkippingStatsColumns' = 'source_file,load_id')
"""


@dataclass(frozen=True)
class Entry:
    """What the ledger knows of a file; `modified` in milliseconds since 1970 UTC."""

    source_file: str
    state: str
    load_id: str
    replaces: str | None
    size: int
    modified: int
    checksum: str
    rows_rejected: int | None

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
    # One row of JSON: a hundred thousand rows take the client longer than Spark.
    [(known,)] = session.execute(f"""
select to_json(collect_list(struct(
    source_file, state, load_id, replaces, size_bytes as size, unix_millis(modified_at) as modified,
    checksum, rows_rejected
)), map('ignoreNullFields', 'false'))
from {TABLE}
where dataset = {literal(dataset)}{batch}""")
    return {entry["source_file"]: Entry(**entry) for entry in json.loads(known)}


@dataclass(frozen=True)
class Claim:
    """A file to load: what it replaces, and the batch that loaded it before (None: nobody)."""

    file: LandedFile
    checksum: str
    replaces: str | None = None
    seen: str | None = None

    def entry(self, load_id: str) -> Entry:
        """The ledger's entry, once a batch has the file."""
        file = self.file
        return Entry(file.name, OPEN, load_id, self.replaces, file.size, file.modified, self.checksum, None)


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
        seen = entry.load_id if entry else None
        if done and digest == entry.checksum and not repeat:
            touched.append(Claim(file, digest, None, seen))
        elif entry and entry.state != "renamed":
            claims.append(Claim(file, digest, file.name, seen))
        else:
            # The same content under a new name while the old name is gone.
            renamed = former.pop(digest, None)
            missing.pop(renamed, None)
            claims.append(Claim(file, digest, renamed, seen))
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
    claim = Claim(newest, checksum(newest), entry and newest.name, entry and entry.load_id)
    if held and claim.checksum == held.checksum and not again(held):
        return Plan(touched=(claim,) if newest.name == held.source_file else ())
    return Plan(claims=(claim,))


def claim_statement(dataset: str, load_id: str, claims: Iterable[Claim], touched: Iterable[Claim]) -> str:
    """One MERGE that claims what is still as the plan saw it.

    What another loader claimed or loaded meanwhile is left alone, because
    that is decided again inside the MERGE.
    """
    claims, touched = list(claims), list(touched)
    source = inline_table(
        "source_file string, size_bytes bigint, modified bigint, checksum string, replaces string, seen string, "
        "wanted boolean",
        (
            (claim.file.name, claim.file.size, claim.file.modified, claim.checksum, claim.replaces, claim.seen, wanted)
            for wanted, some in ((True, claims), (False, touched))
            for claim in some
        ),
    )
    # Delta merges in one pass what only inserts.
    insert_only = not any(claim.seen for claim in claims + touched)
    update = f"""
when matched and t.state <> '{OPEN}' and t.load_id = s.seen and s.wanted then update set
    state = '{OPEN}', reason = null, load_id = {literal(load_id)}, replaces = s.replaces,
    size_bytes = s.size_bytes, modified_at = s.modified_at, checksum = s.checksum,
    rows_read = null, rows_landed = null, rows_rejected = null, delta_version = null, seconds = null,
    claimed_at = current_timestamp(), closed_at = null
when matched and t.state <> '{OPEN}' and t.load_id = s.seen then update set
    size_bytes = s.size_bytes, modified_at = s.modified_at"""
    return f"""
merge into {TABLE} as t
using (
    select *, timestamp_millis(modified) as modified_at from {source}
) as s
on t.dataset = {literal(dataset)} and t.source_file = s.source_file{"" if insert_only else update}
when not matched and s.wanted then insert (
    dataset, source_file, state, load_id, replaces, size_bytes, modified_at, checksum, claimed_at
) values (
    {literal(dataset)}, s.source_file, '{OPEN}', {literal(load_id)}, s.replaces,
    s.size_bytes, s.modified_at, s.checksum, current_timestamp()
)"""


def close_statement(
    dataset: str,
    load_id: str,
    outcomes: Iterable[Outcome],
    retired: Sequence[Outcome],
    version: int | None,
    seconds: float,
) -> str:
    """One MERGE that closes a batch; a file that another loader closed stays as it is.

    `retired` are other files whose rows the batch took over: renamed or superseded.
    """
    source = inline_table(
        "source_file string, state string, reason string, rows_read bigint, rows_landed bigint, rows_rejected bigint, "
        "closes boolean",
        (
            (o.source_file, o.state, o.reason, o.rows_read, o.rows_landed, o.rows_rejected, closes)
            for closes, some in ((True, outcomes), (False, retired))
            for o in some
        ),
    )
    # Without others Delta reads the batch's own rows only.
    batch = "" if retired else f" and t.load_id = {literal(load_id)}"
    return f"""
merge into {TABLE} as t
using (select * from {source}) as s
on t.dataset = {literal(dataset)} and t.source_file = s.source_file{batch}
when matched and s.closes and t.state = '{OPEN}' and t.load_id = {literal(load_id)} then update set
    state = s.state, reason = s.reason, rows_read = s.rows_read, rows_landed = s.rows_landed,
    rows_rejected = s.rows_rejected, delta_version = {literal(version)}, seconds = {literal(seconds)},
    closed_at = current_timestamp()
when matched and not s.closes and t.state = 'loaded' then update set
    state = s.state, rows_landed = 0, rows_rejected = 0"""


def guard(dataset: str, load_id: str, files: int) -> str:
    """A condition that fails the statement when the batch is no longer open.

    A loader that slept while its batch was taken over and closed must not
    replace what came later.
    """
    return f"""(
    select if(count(*) = {files}, true, raise_error('batch {load_id} was closed by another loader'))
    from {TABLE}
    where dataset = {literal(dataset)} and load_id = {literal(load_id)} and state = '{OPEN}'
)"""


def claimed_at(session: Session, dataset: str, load_id: str) -> int:
    """When a batch was claimed, by the server's clock: in microseconds since 1970 UTC."""
    [(when,)] = session.execute(
        f"select unix_micros(min(claimed_at)) from {TABLE} "
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
