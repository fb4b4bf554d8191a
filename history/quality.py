"""The score of a data test: its dimension of quality, and the share of rows that pass it.

The dimensions are those of ISO/IEC 25012 that data can be tested for, as DAMA-DMBOK names them.
Pure functions of dbt's nodes and results.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse.errors import LakehouseError

DIMENSIONS = ("completeness", "uniqueness", "validity", "consistency", "timeliness")

# Dimension of a kind of test, and whether its failures are rows of the dataset. The first pattern
# that matches the start of its name decides. Any other test passes or fails as a whole.
KINDS = (
    (r"not_null|expect_column_values_to_not_be_null", "completeness", True),
    (r"unique|expect_column_values_to_be_unique|expect_compound_columns", "uniqueness", True),
    (r"accepted_values|known_value", "validity", True),
    (r"expect_column_(values?|pair|value_lengths)_", "validity", True),
    (r"expect_column_.*_to_(be_(between|in_set)|equal_set|contain_set)$", "validity", False),
    (r"relationships", "consistency", True),
    (r".*(recent_data|every_n_datepart)", "timeliness", False),
    (r"", "consistency", False),
)


@dataclass(frozen=True)
class Rule:
    """What a data test says of a dataset: its dimension, and the lowest score that passes.

    `counts_rows` tells whether its failures are rows.
    """

    dimension: str
    threshold: float
    counts_rows: bool


def rule(node: Mapping[str, Any]) -> Rule | None:
    """The rule of a data test; None for other nodes, and for tests with `meta.quality: false`.

    `meta.quality` may have another `dimension`, a `threshold` from 0 to 1, by default 1, and
    `counts_rows`. Raises LakehouseError for other values.
    """
    config = node.get("config", {})
    asked = config.get("meta", {}).get("quality", {})
    if node.get("resource_type") != "test" or asked is False:
        return None
    name = (node.get("test_metadata") or {}).get("name", "")
    dimension, counts_rows = next(
        (dimension, counts) for pattern, dimension, counts in KINDS if re.match(pattern, name)
    )
    return _checked(
        Rule(
            asked.get("dimension", dimension),
            asked.get("threshold", 1.0),
            asked.get("counts_rows", counts_rows),
        ),
        node,
    )


def _checked(rule: Rule, node: Mapping[str, Any]) -> Rule:
    test = f"meta.quality of the test {node.get('name')} in {node.get('original_file_path')}"
    if rule.dimension not in DIMENSIONS:
        raise LakehouseError(
            f"{test} has the dimension {rule.dimension!r}", f"use one of {', '.join(DIMENSIONS)}"
        )
    if not isinstance(rule.threshold, int | float) or not 0 <= rule.threshold <= 1:
        raise LakehouseError(
            f"{test} has the threshold {rule.threshold!r}", "use a number from 0 to 1"
        )
    return rule


def score(rule: Rule, status: str, failures: int | None, rows: int | None) -> float | None:
    """Share of the rows that pass, from 0 to 1; of a test without rows 1 if it passed, else 0.

    None for a test that did not run. A test that ended with an error has the score 0.
    """
    if status not in ("pass", "warn", "fail", "error"):
        return None
    if status == "error":
        return 0.0
    if not failures:
        return 1.0
    return max(0.0, 1 - failures / rows) if rule.counts_rows and rows else 0.0
