"""What Delta's history of a bronze table tells of batches."""

import json
from collections.abc import Mapping

from lakehouse.thrift import Session
from loaders.contract import Contract
from loaders.ledger import Batch, Landed
from loaders.statements import bronze


def landed_after(session: Session, contract: Contract, number: int) -> list[Landed]:
    """The batches that were landed after that of a number, in their order."""
    limit = 10
    while True:
        history = session.query(f"describe history {bronze(contract)} limit {limit}")
        at, said, did = (
            history.columns.index(name) for name in ("version", "userMetadata", "operationMetrics")
        )
        rows = list(history.rows)
        found = [
            Landed(batch, row[at], _added(json.loads(row[did] or "{}")))
            for row in rows
            if (batch := Batch.parse(row[said]))
        ]
        if len(rows) < limit or any(one.batch.number <= number for one in found):
            return [one for one in reversed(found) if one.batch.number > number]
        limit *= 10


def _added(metrics: Mapping[str, str]) -> int | None:
    """The rows that a commit added; None where it also removed some, as then Delta counts the kept ones too."""
    return (
        int(metrics.get("numOutputRows", 0)) if metrics.get("numRemovedFiles", "0") == "0" else None
    )
