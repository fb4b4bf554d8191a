"""Batches in the Delta history of a bronze table."""

import json
from collections.abc import Mapping

from lakehouse.thrift import Session
from loaders.contract import Contract
from loaders.ledger import Batch, Commit
from loaders.statements import bronze


def commits_after(session: Session, contract: Contract, number: int) -> list[Commit]:
    """Commits of the batches with a higher number, in ascending order."""
    limit = 10
    while True:
        history = session.query(f"describe history {bronze(contract)} limit {limit}")
        version, metadata, metrics = (
            history.columns.index(name) for name in ("version", "userMetadata", "operationMetrics")
        )
        rows = list(history.rows)
        found = [
            Commit(batch, row[version], _added_rows(json.loads(row[metrics] or "{}")))
            for row in rows
            if (batch := Batch.parse(row[metadata]))
        ]
        if len(rows) < limit or any(one.batch.number <= number for one in found):
            return [one for one in reversed(found) if one.batch.number > number]
        limit *= 10


def _added_rows(metrics: Mapping[str, str]) -> int | None:
    """Rows that a commit added; None if it removed files: Delta then counts copied rows too."""
    return (
        int(metrics.get("numOutputRows", 0)) if metrics.get("numRemovedFiles", "0") == "0" else None
    )
