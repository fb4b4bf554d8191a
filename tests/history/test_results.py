"""The rows of the run history, by hand-made results, graphs and commits."""

from dataclasses import replace
from datetime import datetime

import pytest

from history.results import Outcome, Result, Run, dataset, node_rows, run_row, scored, written

NOON = datetime(2026, 11, 27, 12)
NODES = {
    "model.p.fct": {"resource_type": "model", "schema": "gold", "alias": "fct"},
    "seed.p.bands": {"resource_type": "seed", "schema": "silver", "alias": "bands"},
    "test.p.linked": {
        "resource_type": "test",
        "column_name": "band",
        "attached_node": "model.p.fct",
        "depends_on": {"nodes": ["seed.p.bands", "model.p.fct"]},
    },
    "test.p.singular": {
        "resource_type": "test",
        "depends_on": {"nodes": ["source.p.s.t", "seed.p.bands"]},
    },
    "model.p.cte": {
        "resource_type": "model",
        "schema": "gold",
        "alias": "cte",
        "config": {"materialized": "ephemeral"},
    },
    "test.p.of_cte": {
        "resource_type": "test",
        "attached_node": "model.p.cte",
        "depends_on": {"nodes": ["model.p.cte"]},
    },
    "test.p.of_source": {"resource_type": "test", "depends_on": {"nodes": ["source.p.s.t"]}},
}
RUN = Run(
    "build",
    "i1",
    NOON,
    (
        Result("test.p.linked", "fail", 0.5, 3, "Got 3 results"),
        Result("model.p.fct", "success", 1.23456, None, "x" * 2000),
        Result("test.p.singular", "warn"),
        Result("test.p.of_source", "skipped"),
    ),
    "anna",
    "abc",
)
WRITE = {
    "operation": "WRITE",
    "operationMetrics": '{"numOutputRows":"7","numFiles":"2","numOutputBytes":"900"}',
    "userMetadata": '{"invocation": "i1", "empty": false}',
}
NOTHING = {"rows": None, "files": None, "bytes": None}


def test_a_run_counts_its_nodes_by_what_became_of_them():
    row = run_row(RUN, NOON)
    counts = {name: row[name] for name in ("models", "tests", "failed", "warned", "skipped")}
    assert counts == {"models": 1, "tests": 3, "failed": 1, "warned": 1, "skipped": 1}
    assert (row["status"], row["run_by"], row["git_commit"]) == ("error", "anna", "abc")


def test_a_node_has_its_dataset_its_failures_and_what_its_commit_wrote():
    outcomes = {"test.p.linked": Outcome(False, {"fct": 4})}
    model, test, *_ = node_rows(RUN, NODES, outcomes, {"model.p.fct": WRITE}, {}, NOON)
    assert (model["kind"], model["dataset"], model["seconds"]) == ("model", "gold.fct", 1.235)
    assert (model["rows"], model["files"], model["bytes"]) == (7, 2, 900)
    assert len(model["message"]) == 1000
    assert (test["dataset"], test["column_name"], test["failures"]) == ("gold.fct", "band", 3)
    assert (test["versions"], model["versions"]) == ({"fct": 4}, None)


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("test.p.linked", "gold.fct"),
        ("test.p.singular", "silver.bands"),
        ("test.p.of_source", None),
        ("test.p.of_cte", None),
        ("test.p.removed", None),
    ],
)
def test_a_test_belongs_to_the_relation_of_its_yaml(test, found):
    assert dataset(test, NODES) == found


@pytest.mark.parametrize(
    ("commit", "found"),
    [
        (WRITE, {"rows": 7, "files": 2, "bytes": 900}),
        (
            {
                **WRITE,
                "operation": "MERGE",
                "operationMetrics": '{"numTargetRowsInserted":"1","numTargetRowsUpdated":"2",'
                '"numTargetRowsDeleted":"3","numOutputRows":"90","numTargetFilesAdded":"4"}',
            },
            {"rows": 6, "files": 4, "bytes": 0},
        ),
        (WRITE | {"operation": "OPTIMIZE"}, NOTHING),
        (WRITE | {"userMetadata": '{"invocation": "another"}'}, NOTHING),
        (WRITE | {"userMetadata": "text of a user"}, NOTHING),
        ({}, NOTHING),
    ],
)
def test_a_commit_counts_if_this_run_wrote_rows(commit, found):
    assert written(commit, "i1") == found


def test_a_data_test_has_its_score_and_the_rows_of_its_dataset():
    counts = {"gold.fct": 12}
    kind = {"test_metadata": {"name": "relationships"}}
    nodes = NODES | {"test.p.linked": NODES["test.p.linked"] | kind}
    assert scored(RUN, nodes) == {"gold.fct"}
    for result in (("skipped", 1, 3), ("error", 1, 3), ("pass", 1, 0), ("pass", 1, None)):
        without = replace(RUN, results=(Result("test.p.linked", *result),))
        assert scored(without, nodes) == set()
    model, linked, of_source, singular = node_rows(RUN, nodes, {}, {}, counts, NOON)
    assert (linked["rows"], linked["score"], linked["threshold"]) == (12, 0.75, 1.0)
    assert (singular["rows"], singular["score"]) == (None, 1.0)
    assert (of_source["dimension"], of_source["score"]) == ("consistency", None)
    assert (model["dimension"], model["score"]) == (None, None)
