"""Queries of the quarantine and of the rejected files."""

from collections.abc import Iterable

from lakehouse.sql import in_list, literal
from lakehouse.thrift import Session, SqlError
from loaders.ledger import LEDGER, QUARANTINE, REJECTED, Entry

Table = tuple[tuple[str, ...], list[tuple]]


def has_rejects(entry: Entry) -> bool:
    """Whether a file, or any of its rows, was rejected: `quarantine retry` reads it again."""
    return entry.state == REJECTED or bool(entry.rows_rejected)


def summary(session: Session, datasets: Iterable[str] = ()) -> Table:
    """Column names, and one row per file, column and reason: dataset, file, column, reason, rows.

    A rejected file has no column; its `rows` are all rows of the file, or null.
    """
    datasets = list(datasets)
    which = in_list("dataset", datasets) if datasets else "true"
    return _query(
        session,
        f"""
select dataset, source_file as file, error.column, error.reason, count(*) as rows
from (select dataset, source_file, explode(errors) as error from {QUARANTINE} where {which})
group by all
union all
select dataset, source_file, null, reason, rows_read
from {LEDGER}
where state = 'rejected' and {which}
order by all""",
    )


def totals(session: Session, datasets: Iterable[str] = ()) -> str:
    """The rejected rows and files in one sentence; a row counts once, whatever its reasons."""
    datasets = list(datasets)
    _, rows = _query(
        session,
        f"""
select coalesce(sum(rows_rejected) filter (where state = 'loaded'), 0),
    count_if(state = 'loaded' and rows_rejected > 0), count_if(state = 'rejected')
from {LEDGER}
where {in_list("dataset", datasets) if datasets else "true"}""",
    )
    [(rejects, partly, whole)] = rows or [(0, 0, 0)]
    return f"{rejects:,} rejected rows in {partly:,} files, and {whole:,} rejected files"


def details(session: Session, dataset: str, file: str | None = None, limit: int = 20) -> Table:
    """Column names, and one row per error: file, record, column, value, reason."""
    which = f"dataset = {literal(dataset)}" + (
        f" and source_file = {literal(file)}" if file else ""
    )
    return _query(
        session,
        f"""
select file, record, error.column, error.value, error.reason
from (
    select source_file as file, record, explode(errors) as error from {QUARANTINE} where {which}
    union all
    select source_file, null, named_struct(
        'column', cast(null as string), 'value', cast(null as string), 'reason', reason
    )
    from {LEDGER} where state = 'rejected' and {which}
)
order by file, record, column
limit {int(limit)}""",
    )


def _query(session: Session, statement: str) -> Table:
    """Run a query; no rows if the tables do not exist yet."""
    try:
        result = session.query(statement)
        return result.columns, list(result.rows)
    except SqlError as error:
        if not error.not_found:
            raise
        return (), []
