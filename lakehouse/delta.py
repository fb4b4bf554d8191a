"""Delta's own record of a table, and tables that the first write creates."""

from collections.abc import Callable
from typing import Any

from lakehouse.thrift import Session, SqlError


def last_commit(session: Session, relation: str) -> dict[str, Any]:
    """The last commit of a Delta table, as Delta's history has it. Raises SqlError for a view."""
    history = session.query(f"describe history {relation} limit 1")
    [commit] = (dict(zip(history.columns, row, strict=True)) for row in history.rows)
    return commit


def execute_or_create(
    session: Session, statement: str, create: Callable[[Session], None]
) -> list[tuple]:
    """Run a statement and return its rows; if its table is missing, `create` it first."""
    try:
        return session.execute(statement)
    except SqlError as error:
        if not error.not_found:
            raise
    create(session)
    return session.execute(statement)
