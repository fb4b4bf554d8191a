"""The ledger: an append-only log of the state of each file, and views of the current state.

The commit of a batch to bronze carries the batch, with the outcome of each of its files, as Delta's
`userMetadata`. The log is written from there, after the commit. If a loader dies between the two,
the next loader writes the log.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import NamedTuple

from lakehouse.sql import inline_table, literal
from lakehouse.thrift import Session
from loaders.contract import Rules
from loaders.listing import Delivery

LOG, LEDGER = "bronze.load_log", "bronze.load_ledger"
REJECTS, QUARANTINE = "bronze.load_rejects", "bronze.load_quarantine"
ERRORS = "array<struct<column: string, value: string, reason: string>>"
# States of a file. A CHANGED file was rewritten or removed during the load: it is planned again.
LOADED, REJECTED, SUPERSEDED, CHANGED = "loaded", "rejected", "superseded", "changed"

FILE_COLUMNS = (
    "state, reason, load_id, batch, size_bytes, modified_at, etag, "
    "rows_read, rows_loaded, rows_rejected, delta_version, seconds, closed_at"
)

CREATE_LOG = f"""
create table if not exists {LOG} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    table_id string not null comment 'Id of the bronze table; a recreated table has a new id.',
    source_file string not null comment 'Path relative to the landing folder.',
    state string not null comment 'loaded, rejected, superseded or changed.',
    reason string comment 'Why the file was rejected.',
    load_id string not null comment 'Id of the batch, equal to _load_id in bronze.',
    batch bigint not null comment 'Number of the batch in its dataset, from 1.',
    size_bytes bigint not null comment 'Size of the file when it was read.',
    modified_at timestamp not null comment 'Modification time of the file when it was read, UTC.',
    etag string not null comment 'Digest of the ETags in the object store; empty for a local file.',
    rows_read bigint comment 'Rows in the file; null if the file could not be read.',
    rows_loaded bigint not null comment 'Rows of the file that the batch loaded into bronze.',
    rows_rejected bigint not null comment 'Rows of the file that the batch rejected.',
    delta_version bigint not null comment 'Version of the bronze table that the batch committed.',
    seconds double comment 'Duration of the batch; null if another loader closed it.',
    closed_at timestamp not null comment 'When this row was written, UTC.'
) using delta
partitioned by (dataset)
comment 'One row per file and batch: the state of the file after the batch. Append-only.'
tblproperties (
    'delta.checkpointInterval' = '100', 'delta.dataSkippingStatsColumns' = 'source_file,load_id'
)
"""
CREATE_LEDGER = f"""
create view if not exists {LEDGER}
comment 'One row per file: its current state.'
as select dataset, source_file, {FILE_COLUMNS}
from (
    select *,
        row_number() over (partition by dataset, source_file order by batch desc, closed_at) as nth
    from {LOG}
)
where nth = 1"""
CREATE_REJECTS = f"""
create table if not exists {REJECTS} (
    dataset string not null comment 'Source table, as <source>.<table>.',
    source_file string not null comment 'Path relative to the landing folder.',
    record string comment 'The row: its raw text if the format keeps it, else its cells as JSON.',
    errors {ERRORS} not null comment 'Every reason why the row violates its contract.',
    load_id string not null comment 'Id of the batch that read the row.',
    quarantined_at timestamp not null comment 'When this row was written, UTC.'
) using delta
partitioned by (dataset)
comment 'One row per reject of every batch, committed or not. Query the view {QUARANTINE}.'
tblproperties ('delta.dataSkippingStatsColumns' = 'source_file,load_id')
"""
CREATE_QUARANTINE = f"""
create view if not exists {QUARANTINE}
comment 'One row per reject, for the current state of each file.'
as select r.*
from {REJECTS} as r
left semi join {LEDGER} as l
on r.dataset = l.dataset and r.source_file = l.source_file and r.load_id = l.load_id"""


# In the order of creation: the views need the tables.
TABLES = {
    LOG: CREATE_LOG,
    REJECTS: CREATE_REJECTS,
    LEDGER: CREATE_LEDGER,
    QUARANTINE: CREATE_QUARANTINE,
}


class Entry(NamedTuple):
    """Latest log row of a file; times in milliseconds since 1970 UTC.

    A dataclass would take twice as long to create, and a ledger may have 100,000 entries.
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

    def matches(self, file: Delivery) -> bool:
        """Whether the file is unchanged since this entry."""
        # The ETag is needed too: an object store has times in whole seconds.
        return (self.size, self.modified, self.etag) == (file.size, file.modified, file.etag)


@dataclass(frozen=True)
class Ledger:
    """Ledger of one bronze table: entries by file name, and the dataset's last batch number."""

    files: Mapping[str, Entry]
    last: int


class LastLoad(NamedTuple):
    """The last batch of a dataset; rows are those of the files that could be read."""

    rows_read: int
    rows_rejected: int
    closed_at: datetime


def last_loads(session: Session) -> dict[str, LastLoad]:
    """The last batch of each dataset. Raises SqlError if nothing was loaded yet."""
    rows = session.execute(f"""
select dataset, coalesce(sum(rows_read), 0), sum(rows_rejected), max(closed_at)
from (select *, max(batch) over (partition by dataset) as newest from {LOG})
where batch = newest group by dataset order by dataset""")
    return {dataset: LastLoad(*found) for dataset, *found in rows}


def read(session: Session, dataset: str, table_id: str) -> Ledger:
    """Read the ledger of a bronze table.

    Raises SqlError if the log does not exist, or has the columns of an earlier loader.
    """
    # One JSON text with a list per column: fetching 100,000 rows over Thrift is slower.
    # The condition on rows_loaded makes the log of an earlier loader fail here.
    [(text,)] = session.execute(f"""
select to_json(named_struct(
    'source_file', collect_list(source_file), 'state', collect_list(state),
    'load_id', collect_list(load_id), 'size', collect_list(size_bytes),
    'modified', collect_list(unix_millis(modified_at)), 'etag', collect_list(etag),
    'rows_rejected', collect_list(rows_rejected),
    'closed', collect_list(unix_millis(closed_at)),
    'batch', collect_list(batch), 'table_id', collect_list(table_id)
))
from {LOG}
where dataset = {literal(dataset)} and rows_loaded is not null""")
    lists = json.loads(text)
    entries = zip(
        lists["table_id"], map(Entry, *(lists[name] for name in Entry._fields)), strict=True
    )
    # If two loaders closed one batch, the earlier row counts.
    own = sorted(
        (entry for id_, entry in entries if id_ == table_id),
        key=lambda entry: (entry.batch, -entry.closed),
    )
    return Ledger({entry.source_file: entry for entry in own}, max(lists["batch"], default=0))


@dataclass(frozen=True)
class Outcome:
    """Outcome of one file in a batch, decided before the commit.

    `size` in bytes, `modified` in milliseconds since 1970 UTC. `rows_read` is None until the rows
    are counted, which may be after the commit. `replaces`: bronze may have rows of the file.
    """

    source_file: str
    size: int
    modified: int
    etag: str
    state: str = LOADED
    reason: str | None = None
    rows_read: int | None = None
    rows_loaded: int = 0
    rows_rejected: int = 0
    replaces: bool = False

    @classmethod
    def of(cls, file: Delivery, replaces: bool) -> "Outcome":
        """The outcome of a file that is to be loaded."""
        return cls(file.name, file.size, file.modified, file.etag, replaces=replaces)

    def rejected(self, reason: str, rows: int | None = None, rejects: int = 0) -> "Outcome":
        """This outcome with the file rejected; `rejects` of its `rows` violate the contract."""
        return replace(self, state=REJECTED, reason=reason, rows_read=rows, rows_rejected=rejects)


@dataclass(frozen=True)
class Batch:
    """The files of one commit, and their outcomes; stored as the `userMetadata` of the commit."""

    load_id: str
    number: int
    outcomes: tuple[Outcome, ...]

    @property
    def loaded(self) -> list[str]:
        """Names of the files that are not rejected."""
        return [outcome.source_file for outcome in self.outcomes if outcome.state == LOADED]

    @property
    def uncounted(self) -> set[str]:
        """Names of the files whose rows are counted after the commit."""
        return {
            outcome.source_file
            for outcome in self.outcomes
            if outcome.state == LOADED and outcome.rows_read is None
        }

    def with_rejected(self, reasons: Mapping[str, str]) -> "Batch":
        """This batch with some files rejected; `reasons` by file name."""
        outcomes = (
            one.rejected(reasons[one.source_file]) if one.source_file in reasons else one
            for one in self.outcomes
        )
        return replace(self, outcomes=tuple(outcomes))

    def with_staged_counts(self, counts: Mapping[str, tuple[int, int]], rules: Rules) -> "Batch":
        """This batch with the counts of its staged rows; files that violate a rule are rejected.

        `counts`: by file name, the number of rows and of rejects.
        """

        def judge(outcome: Outcome) -> Outcome:
            rows, rejects = counts.get(outcome.source_file, (0, 0))
            if outcome.state != LOADED:
                return outcome
            if rejects > rules.max_reject_ratio * rows:
                return outcome.rejected(
                    f"{rejects:,} of {rows:,} rows violate the contract ({rejects / rows:.1%}), "
                    f"more than max_reject_ratio ({rules.max_reject_ratio:.1%})",
                    rows,
                    rejects,
                )
            if not rows and rules.mode == "full" and not rules.allow_empty:
                return outcome.rejected(
                    "it has no rows and would empty the table: "
                    "to allow that, set allow_empty in meta.loader"
                )
            return replace(
                outcome, rows_read=rows, rows_loaded=rows - rejects, rows_rejected=rejects
            )

        return replace(self, outcomes=tuple(map(judge, self.outcomes)))

    def with_committed_counts(self, counts: Mapping[str, int]) -> "Batch":
        """This batch with the counts of its rows in bronze, for files that were not staged."""

        def count(outcome: Outcome) -> Outcome:
            rows = counts.get(outcome.source_file, 0)
            return (
                replace(outcome, rows_loaded=rows, rows_read=rows)
                if outcome.source_file in uncounted
                else outcome
            )

        uncounted = self.uncounted
        return replace(self, outcomes=tuple(map(count, self.outcomes)))

    def with_changed(self, names: Collection[str]) -> "Batch":
        """This batch with some files CHANGED: Spark did not read them."""
        outcomes = (
            replace(one, state=CHANGED) if one.source_file in names else one
            for one in self.outcomes
        )
        return replace(self, outcomes=tuple(outcomes))

    def text(self) -> str:
        """This batch as JSON. Outcomes are lists without keys: a batch may have 10,000 of them."""
        return json.dumps(
            [self.load_id, self.number, [astuple(outcome) for outcome in self.outcomes]],
            separators=(",", ":"),
        )

    @classmethod
    def parse(cls, text: str | None) -> "Batch | None":
        """The batch of a commit's `userMetadata`; None if no loader wrote it."""
        try:
            load_id, number, outcomes = json.loads(text or "")
            return cls(load_id, number, tuple(Outcome(*outcome) for outcome in outcomes))
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Commit:
    """Commit of a batch to bronze; `rows` is the number of added rows, None if Delta does not know.

    `version` is bronze's version.
    """

    batch: Batch
    version: int
    rows: int | None


def close(dataset: str, table_id: str, commit: Commit, seconds: float | None) -> str:
    """Statement that writes a committed batch to the log; running it twice does no harm."""
    batch = commit.batch
    rows = inline_table(
        "source_file string, state string, reason string, size bigint, modified bigint, "
        "etag string, rows_read bigint, rows_loaded bigint, rows_rejected bigint",
        (
            (
                *(one.source_file, one.state, one.reason, one.size, one.modified),
                *(one.etag, one.rows_read, one.rows_loaded, one.rows_rejected),
            )
            for one in batch.outcomes
        ),
    )
    return f"""
insert into {LOG} (dataset, table_id, source_file, {FILE_COLUMNS})
select {literal(dataset)}, {literal(table_id)}, source_file, state, reason,
    {literal(batch.load_id)}, {batch.number}, size, timestamp_millis(modified), etag,
    rows_read, rows_loaded, rows_rejected, {commit.version},
    cast({literal(seconds)} as double), current_timestamp()
from {rows}"""


def superseded(known: Ledger, but: Collection[str]) -> list[Outcome]:
    """Outcomes of the files, except `but`, that a new file supersedes in mode `full`."""
    others = (
        entry for name, entry in known.files.items() if entry.state == LOADED and name not in but
    )
    return [
        Outcome(one.source_file, one.size, one.modified, one.etag, SUPERSEDED) for one in others
    ]
