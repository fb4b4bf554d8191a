"""Which models of dbt's graph may be published. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from history.results import Outcome

# A generic test that makes columns a key, and its argument that names them.
KEYS = {"unique": "column_name", "expect_compound_columns_to_be_unique": "column_list"}


@dataclass(frozen=True)
class Mart:
    """A public model that dbt builds as a table: its names and its error-severity data tests.

    `tests` read it; `upstream` read a model from which it is built. `key` has its key columns,
    if a test of it names them.
    """

    id: str
    name: str
    description: str
    key: tuple[str, ...]
    tests: frozenset[str]
    upstream: frozenset[str]


@dataclass(frozen=True)
class Head:
    """The newest version of a mart's table, and the dbt invocation that wrote it, if one did."""

    version: int
    committed: datetime
    invocation: str
    empty: bool

    def is_stable_since(self, started: datetime, invocation: str) -> bool:
        """Whether all tests of an invocation read this version: no other one wrote meanwhile."""
        return self.invocation == invocation or self.committed < started


def marts(nodes: Mapping[str, Mapping[str, Any]], schema: str) -> list[Mart]:
    """The public tables in a schema, of the nodes of dbt's graph."""
    tests = {id: node["depends_on"]["nodes"] for id, node in nodes.items() if is_guard(node)}
    return [
        Mart(
            id,
            node["alias"].lower(),
            " ".join((node.get("description") or "").split()),
            _key(id, nodes),
            frozenset(test for test, read in tests.items() if id in read),
            frozenset(test for test, read in tests.items() if id not in read and above & set(read)),
        )
        for id, node in nodes.items()
        if node["resource_type"] == "model"
        and node.get("access") == "public"
        and node["schema"] == schema
        and node["config"]["materialized"] != "view"
        for above in [_ancestors(id, nodes)]
    ]


def is_guard(node: Mapping[str, Any]) -> bool:
    """Whether a node is a data test that fails a build."""
    return node["resource_type"] == "test" and node["config"]["severity"].lower() == "error"


def _ancestors(id: str, nodes: Mapping[str, Mapping[str, Any]]) -> set[str]:
    found: set[str] = set()
    waiting = [id]
    while waiting:
        for parent in nodes.get(waiting.pop(), {}).get("depends_on", {}).get("nodes", ()):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def _key(id: str, nodes: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    for node in nodes.values():
        metadata = node.get("test_metadata") or {}
        argument = KEYS.get(metadata.get("name", ""))
        if argument and node.get("attached_node") == id:
            columns = metadata["kwargs"].get(argument) or node.get("column_name") or ()
            return (columns,) if isinstance(columns, str) else tuple(columns)
    return ()


def held_back(mart: Mart, head: Head, last: Mapping[str, Outcome]) -> str:
    """Why the newest version of a mart may not be published; empty if it may.

    It may if it was not built with --empty, the last result of each of its own tests is a pass of
    this version, and no test of a model above it failed the last time.
    """
    if head.empty:
        return "it was built with --empty"
    open_tests = [
        test
        for test in sorted(mart.tests)
        if test not in last
        or not last[test].passed
        or last[test].versions.get(mart.name) != head.version
    ]
    failed = [test for test in sorted(mart.upstream) if test in last and not last[test].passed]
    if open_tests:
        return f"version {head.version} has not passed {names(open_tests)}"
    return f"a model above it has not passed {names(failed)}" if failed else ""


def names(ids: Iterable[str], shown: int = 3) -> str:
    """Names of nodes, the first few of many, without what dbt adds to make an id unique."""
    # unit_test.<project>.<model>.<name>, test.<project>.<name>.<hash>, model.<project>.<name>
    listed = [id.split(".")[3 if id.startswith("unit_test.") else 2] for id in ids]
    more = f" and {len(listed) - shown} more" if len(listed) > shown else ""
    return ", ".join(listed[:shown]) + more
