"""What a dbt run did with each node. Pure functions of its results, graph and commits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from history.quality import rule, score

# States of a node that hold nothing back. A warned test is no failure.
GOOD = ("success", "pass", "warn", "no-op")
# Commands whose nodes have results. Others, such as `dbt compile`, run the hook, too.
RECORDED = ("build", "run", "seed", "snapshot", "test")
# Kinds of nodes that dbt builds.
BUILT = ("model", "seed", "snapshot")
# Metrics of a commit, by operation: of its rows, its files and its bytes.
METRICS = {
    "WRITE": (("numOutputRows",), "numFiles", "numOutputBytes"),
    "MERGE": (
        ("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"),
        "numTargetFilesAdded",
        "numTargetBytesAdded",
    ),
}
LONGEST_MESSAGE = 1000


@dataclass(frozen=True)
class Result:
    """What a run did with a node: its unique id, state, seconds, and failing rows of a test."""

    node: str
    status: str
    seconds: float = 0
    failures: int | None = None
    message: str = ""


@dataclass(frozen=True)
class Run:
    """A dbt run: its command, its results, who ran it, and the commit of the project."""

    command: str
    invocation: str
    started: datetime
    results: tuple[Result, ...]
    by: str
    git_commit: str
    empty: bool = False

    @property
    def states(self) -> dict[str, str]:
        """The state of each node that it ran, by unique id."""
        return {each.node: each.status for each in self.results}

    @property
    def failed(self) -> list[str]:
        """The nodes that failed; those that dbt skipped for them are not listed."""
        bad = {id: state for id, state in self.states.items() if state not in GOOD}
        return [id for id, state in bad.items() if state != "skipped"] or list(bad)


@dataclass(frozen=True)
class Outcome:
    """The last result of a test, with the versions that it read of the marts' tables, by name."""

    passed: bool
    versions: Mapping[str, int]


def run_row(run: Run, ended: datetime) -> dict[str, object]:
    """The row of `ops.runs`."""
    kinds = [id.partition(".")[0] for id in run.states]
    return {
        "invocation_id": run.invocation,
        "command": run.command,
        "status": "error" if run.failed else "success",
        "models": sum(kind in BUILT for kind in kinds),
        "tests": sum(kind in ("test", "unit_test") for kind in kinds),
        "failed": sum(status not in (*GOOD, "skipped") for status in run.states.values()),
        "warned": sum(status == "warn" for status in run.states.values()),
        "skipped": sum(status == "skipped" for status in run.states.values()),
        "is_empty": run.empty,
        "git_commit": run.git_commit,
        "run_by": run.by,
        "started_at": run.started.replace(tzinfo=None).isoformat(sep=" "),
        "ended_at": ended.isoformat(sep=" "),
    }


def node_rows(
    run: Run,
    nodes: Mapping[str, Mapping[str, Any]],
    outcomes: Mapping[str, Outcome],
    commits: Mapping[str, Mapping[str, Any]],
    counts: Mapping[str, int],
    ended: datetime,
) -> list[dict[str, object]]:
    """The rows of `ops.node_results`, by node.

    `outcomes` has the versions that tests read, `commits` the last commit of tables of this run,
    both by unique id; `counts` the rows of the datasets that tests read.
    """
    return [
        {
            "invocation_id": run.invocation,
            "node": each.node,
            "kind": each.node.partition(".")[0],
            "dataset": dataset(each.node, nodes),
            "column_name": nodes.get(each.node, {}).get("column_name"),
            "status": each.status,
            "seconds": round(each.seconds, 3),
            "failures": each.failures,
            "message": each.message[:LONGEST_MESSAGE],
            "versions": dict(outcomes[each.node].versions) if each.node in outcomes else None,
            **written(commits.get(each.node, {}), run.invocation),
            "ended_at": ended.isoformat(sep=" "),
            **_quality(each, nodes, counts),
        }
        for each in sorted(run.results, key=lambda each: each.node)
    ]


def _quality(
    result: Result, nodes: Mapping[str, Mapping[str, Any]], counts: Mapping[str, int]
) -> dict[str, object]:
    """Rows, dimension, threshold and score of a data test; nothing of another node."""
    found = rule(nodes.get(result.node, {}))
    if not found:
        return {"dimension": None, "threshold": None, "score": None}
    rows = counts.get(dataset(result.node, nodes) or "") if found.counts_rows else None
    return {
        "rows": rows,
        "dimension": found.dimension,
        "threshold": found.threshold,
        "score": score(found, result.status, result.failures, rows),
    }


def scored(run: Run, nodes: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The datasets whose rows the run's scores need: of tests that found rows.

    A count takes up to a second, and a test without failures has the score 1 whatever it is of.
    """
    return {
        relation
        for each in run.results
        if each.failures and each.status in ("pass", "warn", "fail")
        for found in [rule(nodes.get(each.node, {}))]
        if found and found.counts_rows
        for relation in [dataset(each.node, nodes)]
        if relation
    }


def dataset(id: str, nodes: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The relation that a node builds or tests, such as `gold.fct_sales`; None without one.

    A test of several relations belongs to the one in whose YAML it stands. An ephemeral model has
    none.
    """
    node = nodes.get(id, {})
    if node.get("resource_type") in ("test", "unit_test"):
        node = next((nodes[parent] for parent in tested(node) if parent in nodes), {})
    ephemeral = node.get("config", {}).get("materialized") == "ephemeral"
    return relation_of(node) if node and not ephemeral else None


def tested(test: Mapping[str, Any]) -> list[str]:
    """The unique ids of what a test reads; the one in whose YAML it stands is the first."""
    return [id for id in (test.get("attached_node"), *test["depends_on"]["nodes"]) if id]


def relation_of(node: Mapping[str, Any]) -> str:
    """The relation of a node or source, such as `gold.fct_sales`."""
    return f"{node['schema']}.{node.get('identifier') or node['alias']}"


def is_table(node: Mapping[str, Any]) -> bool:
    """Whether dbt builds a Delta table from a node."""
    config = node.get("config", {})
    return node.get("resource_type") in BUILT and (
        config.get("file_format") == "delta" or config.get("materialized") == "change_feed"
    )


def written(commit: Mapping[str, Any], invocation: str) -> dict[str, int | None]:
    """Rows, files and bytes of a commit; None of each if another run wrote it, or no rows."""
    metrics = json.loads(commit.get("operationMetrics") or "{}")
    names = METRICS.get(commit.get("operation", ""))
    if not names or invocation_of(commit).get("invocation") != invocation:
        return {"rows": None, "files": None, "bytes": None}
    rows, files, size = names
    return {
        "rows": sum(int(metrics.get(name, 0)) for name in rows),
        "files": int(metrics.get(files, 0)),
        "bytes": int(metrics.get(size, 0)),
    }


def metadata(invocation: str, empty: bool) -> str:
    """The `userMetadata` of the commits of a dbt run."""
    return json.dumps({"invocation": invocation, "empty": empty})


def invocation_of(commit: Mapping[str, Any]) -> dict[str, Any]:
    """What `metadata` wrote into a commit; empty if another program made the commit."""
    try:
        about = json.loads(commit.get("userMetadata") or "{}")
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}
