"""The ledger: how each landed file ended, as a log that only grows, and views of its present state.

The commit of a batch to bronze is the only event that counts. It carries the
batch itself, the fate of each file included, as Delta's `userMetadata`; the log
is written after it, from there. So a batch that a dead loader did not write
into the log is written by the next one.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, replace
from typing import NamedTuple

from lakehouse.sql import inline_table, literal
from lakehouse.thrift import Session
from loaders.contract import Rules
from loaders.listing import LandedFile

LOG, TABLE = "bronze.load_log", "bronze.load_ledger"
REJECTS, QUARANTINE = "bronze.load_rejects", "bronze.load_quarantine"
ERRORS = "array<struct<column: string, value: string, reason: string>>"
# States of a file. CHANGED: it was rewritten or removed before it was read, and is planned again.
LOADED, REJECTED, SUPERSEDED, CHANGED = "loaded", "rejected", "superseded", "changed"

FACTS = (
    "state, reason, load_id, batch, size_bytes, modified_at, etag, rows_read, rows_landed, rows_rejected, "
    "delta_version, seconds, closed_at"
)

CREATE_LOG = f"""
create table if not exists {LOG} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    table_id string not null comment 'The bronze table that the batch was landed in; a dropped one has another.',
    source_file string not null comment 'Path relative to the landing folder.',
    state string not null comment 'loaded, rejected, superseded or changed: see docs/loading.md.',
    reason string comment 'Why the file was rejected.',
    load_id string not null comment 'The batch, as the rows in bronze have it.',
    batch bigint not null comment 'Number of the batch in its dataset, from 1.',
    size_bytes bigint not null comment 'Size of the file as it was read.',
    modified_at timestamp not null comment 'Modification time of the file as it was read, UTC.',
    etag string not null comment 'Digest of the ETags of the object store; empty for a local file.',
    rows_read bigint comment 'Rows in the file; null where it could not be read.',
    rows_landed bigint not null comment 'Rows of the file that the batch landed.',
    rows_rejected bigint not null comment 'Rows of the file that the batch put into the quarantine.',
    delta_version bigint not null comment 'Version of the bronze table that the batch made.',
    seconds double comment 'How long the batch took; null where its loader did not live to tell.',
    closed_at timestamp not null comment 'When the row was written, UTC.'
) using delta
partitioned by (dataset)
comment 'One row per file and batch: how the file ended. Rows are only added.'
tblproperties ('delta.checkpointInterval' = '100', 'delta.dataSkippingStatsColumns' = 'source_file,load_id')
"""
CREATE_LEDGER = f"""
create view if not exists {TABLE}
comment 'One row per landed file: its present state.'
as select dataset, source_file, {FACTS}
from (select *, row_number() over (partition by dataset, source_file order by batch desc, closed_at) as nth from {LOG})
where nth = 1"""
CREATE_REJECTS = f"""
create table if not exists {REJECTS} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    record string comment 'The row: the raw text where the format keeps it, else its cells as JSON.',
    errors {ERRORS} not null comment 'Every reason why the row does not fit its contract.',
    load_id string not null comment 'The batch that read the row.',
    quarantined_at timestamp not null comment 'When the row was written, UTC.'
) using delta
partitioned by (dataset)
comment 'One row per row that did not fit, of every batch, landed or not. Read the view {QUARANTINE}.'
tblproperties ('delta.dataSkippingStatsColumns' = 'source_file,load_id')
"""
CREATE_QUARANTINE = f"""
create view if not exists {QUARANTINE}
comment 'One row per landed row that does not fit its contract, of the present state of each file.'
as select r.*
from {REJECTS} as r
left semi join {TABLE} as l
on r.dataset = l.dataset and r.source_file = l.source_file and r.load_id = l.load_id"""


# What has to be there, in the order in which it is made.
TABLES = {
    LOG: CREATE_LOG,
    REJECTS: CREATE_REJECTS,
    TABLE: CREATE_LEDGER,
    QUARANTINE: CREATE_QUARANTINE,
}


class Entry(NamedTuple):
    """What the ledger knows of a file; times in milliseconds since 1970 UTC.

    No dataclass, as a hundred thousand of these take twice as long to make.
    """

    source_file: str
    state: str
    load_id: str
    size: int
    modified: int
    etag: str
    rows_rejected: int
    closed: int
    batch: int

    def matches(self, file: LandedFile) -> bool:
        """Whether the file still looks as the ledger remembers it."""
        # An object store tells times in seconds, in which much may happen.
        return (self.size, self.modified, self.etag) == (file.size, file.modified, file.etag)


@dataclass(frozen=True)
class Known:
    """The ledger of one bronze table: its files by name, and the number of the dataset's last batch."""

    files: Mapping[str, Entry]
    last: int


def read(session: Session, dataset: str, table_id: str) -> Known:
    """What the ledger knows of a bronze table."""
    # One JSON text, a list for each field: a hundred thousand rows take the client longer than Spark.
    [(text,)] = session.execute(f"""
select to_json(named_struct(
    'source_file', collect_list(source_file), 'state', collect_list(state), 'load_id', collect_list(load_id),
    'size', collect_list(size_bytes), 'modified', collect_list(unix_millis(modified_at)), 'etag', collect_list(etag),
    'rows_rejected', collect_list(rows_rejected), 'closed', collect_list(unix_millis(closed_at)),
    'batch', collect_list(batch), 'table_id', collect_list(table_id)
))
from {LOG}
where dataset = {literal(dataset)}""")
    lists = json.loads(text)
    entries = zip(
        lists["table_id"], map(Entry, *(lists[name] for name in Entry._fields)), strict=True
    )
    # Two loaders may have written one batch: the first of them tells when it was closed.
    own = sorted(
        (entry for id_, entry in entries if id_ == table_id),
        key=lambda entry: (entry.batch, -entry.closed),
    )
    return Known({entry.source_file: entry for entry in own}, max(lists["batch"], default=0))


@dataclass(frozen=True)
class Fate:
    """How a file of a batch ends, as it is known before the batch is landed.

    `size` in bytes, `modified` in milliseconds since 1970 UTC. `rows_read` is
    None where the rows are first counted when they are in bronze.
    """

    source_file: str
    size: int
    modified: int
    etag: str
    state: str = LOADED
    reason: str | None = None
    rows_read: int | None = None
    rows_landed: int = 0
    rows_rejected: int = 0
    replaces: bool = False

    @classmethod
    def of(cls, file: LandedFile, replaces: bool) -> "Fate":
        """The fate of a file that is to be loaded."""
        return cls(file.name, file.size, file.modified, file.etag, replaces=replaces)

    def rejected(self, reason: str, rows: int | None = None, unfit: int = 0) -> "Fate":
        """The same file, rejected whole."""
        return replace(self, state=REJECTED, reason=reason, rows_read=rows, rows_rejected=unfit)


@dataclass(frozen=True)
class Batch:
    """Files that one commit lands: what its `userMetadata` says."""

    load_id: str
    number: int
    fates: tuple[Fate, ...]

    @property
    def landing(self) -> list[str]:
        """The names of the files whose rows it lands."""
        return [fate.source_file for fate in self.fates if fate.state == LOADED]

    @property
    def uncounted(self) -> set[str]:
        """The names of the files whose rows are counted when they are in bronze."""
        return {
            fate.source_file
            for fate in self.fates
            if fate.state == LOADED and fate.rows_read is None
        }

    def with_rejected(self, reasons: Mapping[str, str]) -> "Batch":
        """The batch with some of its files rejected."""
        fates = (
            one.rejected(reasons[one.source_file]) if one.source_file in reasons else one
            for one in self.fates
        )
        return replace(self, fates=tuple(fates))

    def judged(self, counts: Mapping[str, tuple[int, int]], rules: Rules) -> "Batch":
        """The batch once its rows are counted, by file all and those that do not fit: it may hold files back."""

        def judge(fate: Fate) -> Fate:
            rows, unfit = counts.get(fate.source_file, (0, 0))
            if fate.state != LOADED:
                return fate
            if unfit > rules.max_reject_ratio * rows:
                return fate.rejected(
                    f"{unfit:,} of {rows:,} rows do not fit ({unfit / rows:.1%}), more than max_reject_ratio "
                    f"({rules.max_reject_ratio:.1%}): held back whole",
                    rows,
                    unfit,
                )
            if not rows and rules.mode == "full" and not rules.allow_empty:
                return fate.rejected(
                    "it has no rows and would empty the table: set allow_empty of meta.loader to let it"
                )
            return replace(fate, rows_read=rows, rows_landed=rows - unfit, rows_rejected=unfit)

        return replace(self, fates=tuple(map(judge, self.fates)))

    def counted(self, landed: Mapping[str, int]) -> "Batch":
        """The batch with the rows that bronze has of the files whose rows were not counted before."""

        def count(fate: Fate) -> Fate:
            rows = landed.get(fate.source_file, 0)
            return (
                replace(fate, rows_landed=rows, rows_read=rows)
                if fate.source_file in uncounted
                else fate
            )

        uncounted = self.uncounted
        return replace(self, fates=tuple(map(count, self.fates)))

    def with_unseen(self, names: Collection[str]) -> "Batch":
        """The batch with some of its files left for the next plan: Spark did not read them."""
        fates = (
            replace(one, state=CHANGED) if one.source_file in names else one for one in self.fates
        )
        return replace(self, fates=tuple(fates))

    def text(self) -> str:
        """The batch as JSON: its fates as lists of their fields, of which a large batch has thousands."""
        return json.dumps(
            [self.load_id, self.number, [astuple(fate) for fate in self.fates]],
            separators=(",", ":"),
        )

    @classmethod
    def parse(cls, text: str | None) -> "Batch | None":
        """The batch of a JSON text; None for the text of a commit that is not a loader's."""
        try:
            load_id, number, fates = json.loads(text or "")
            return cls(load_id, number, tuple(Fate(*fate) for fate in fates))
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Landed:
    """The commit of a batch: the batch, bronze's version, and the rows that it added where Delta tells them."""

    batch: Batch
    version: int
    rows: int | None


def close(dataset: str, table_id: str, landed: Landed, seconds: float | None) -> str:
    """The statement that writes a landed batch into the log; to write it twice does no harm."""
    batch = landed.batch
    rows = inline_table(
        "source_file string, state string, reason string, size bigint, modified bigint, etag string, "
        "rows_read bigint, rows_landed bigint, rows_rejected bigint",
        (
            (
                *(fate.source_file, fate.state, fate.reason, fate.size, fate.modified, fate.etag),
                *(fate.rows_read, fate.rows_landed, fate.rows_rejected),
            )
            for fate in batch.fates
        ),
    )
    return f"""
insert into {LOG} (dataset, table_id, source_file, {FACTS})
select {literal(dataset)}, {literal(table_id)}, source_file, state, reason, {literal(batch.load_id)}, {batch.number},
    size, timestamp_millis(modified), etag, rows_read, rows_landed, rows_rejected, {landed.version},
    cast({literal(seconds)} as double), current_timestamp()
from {rows}"""


def superseded(known: Known, but: Collection[str]) -> list[Fate]:
    """The fates of the files whose rows a table in mode `full` holds, when another file replaces them."""
    others = (
        entry for name, entry in known.files.items() if entry.state == LOADED and name not in but
    )
    return [Fate(one.source_file, one.size, one.modified, one.etag, SUPERSEDED) for one in others]
