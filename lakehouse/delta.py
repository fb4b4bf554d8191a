"""Delta's own record of a table, and tables that the first write creates."""

from collections.abc import Callable
from typing import Any

from lakehouse.thrift import Session, SqlError

# Conditions of a statement that writes a column which an earlier version's table has not.
MISSING_COLUMN = ("UNRESOLVED_COLUMN", "INSERT_COLUMN_ARITY_MISMATCH")


def history(session: Session, relation: str, newest: int | None = None) -> list[dict[str, Any]]:
    """The commits of a Delta table, or the newest of them, the newest first.

    Raises SqlError for a view.
    """
    limit = f" limit {newest}" if newest else ""
    commits = session.query(f"describe history {relation}{limit}")
    return [dict(zip(commits.columns, row, strict=True)) for row in commits.rows]


def last_commit(session: Session, relation: str) -> dict[str, Any]:
    """The last commit of a Delta table, as Delta's history has it. Raises SqlError for a view."""
    [commit] = history(session, relation, 1)
    return commit


def execute_or_create(
    session: Session, statement: str, create: Callable[[Session], None]
) -> list[tuple]:
    """Run a statement and return its rows; if its table or a column is missing, `create` first."""
    try:
        return session.execute(statement)
    except SqlError as error:
        if not error.not_found and not error.condition.startswith(MISSING_COLUMN):
            raise
    create(session)
    return session.execute(statement)
