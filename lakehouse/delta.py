"""Delta's own record of a table."""

from typing import Any

from lakehouse.thrift import Session


def last_commit(session: Session, relation: str) -> dict[str, Any]:
    """The last commit of a Delta table, as Delta's history has it. Raises SqlError for a view."""
    history = session.query(f"describe history {relation} limit 1")
    [commit] = (dict(zip(history.columns, row, strict=True)) for row in history.rows)
    return commit
