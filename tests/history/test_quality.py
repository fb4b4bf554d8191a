"""Dimension, threshold and score of data tests, by hand-made nodes."""

import pytest

from history.quality import Rule, rule, score
from lakehouse.errors import LakehouseError


def node(name: str = "", **quality: object) -> dict:
    return {
        "resource_type": "test",
        "name": "checked",
        "original_file_path": "models/a.yml",
        "test_metadata": {"name": name} if name else None,
        "config": {"meta": {"quality": quality} if quality else {}},
    }


@pytest.mark.parametrize(
    ("name", "dimension", "counts_rows"),
    [
        ("not_null", "completeness", True),
        ("expect_column_values_to_not_be_null", "completeness", True),
        ("unique", "uniqueness", True),
        ("expect_compound_columns_to_be_unique", "uniqueness", True),
        ("accepted_values", "validity", True),
        ("known_value", "validity", True),
        ("expect_column_values_to_match_regex", "validity", True),
        ("expect_column_pair_values_to_be_equal", "validity", True),
        ("expect_column_median_to_be_between", "validity", False),
        ("relationships", "consistency", True),
        ("expect_table_row_count_to_equal", "consistency", False),
        ("expect_row_values_to_have_recent_data", "timeliness", False),
        ("expect_row_values_to_have_data_for_every_n_datepart", "timeliness", False),
        ("contiguous_bands", "consistency", False),
        ("", "consistency", False),
    ],
)
def test_a_kind_of_test_has_a_dimension(name, dimension, counts_rows):
    assert rule(node(name)) == Rule(dimension, 1.0, counts_rows)


def test_meta_quality_overrides_the_kind():
    asked = node("", dimension="timeliness", threshold=0.5, counts_rows=True)
    assert rule(asked) == Rule("timeliness", 0.5, True)
    left_out = node("unique")
    left_out["config"]["meta"]["quality"] = False
    assert rule(left_out) is None
    assert rule({"resource_type": "model"}) is None


@pytest.mark.parametrize(
    ("quality", "message"),
    [
        ({"dimension": "beauty"}, "models/a.yml has the dimension 'beauty'"),
        ({"threshold": 95}, "models/a.yml has the threshold 95"),
        ({"threshold": "high"}, "models/a.yml has the threshold 'high'"),
    ],
)
def test_another_dimension_or_threshold_is_refused(quality, message):
    with pytest.raises(LakehouseError, match=message):
        rule(node("unique", **quality))


ROWS, WHOLE = Rule("validity", 1, True), Rule("validity", 1, False)


@pytest.mark.parametrize(
    ("checked", "status", "failures", "rows", "expected"),
    [
        (ROWS, "pass", 0, 200, 1.0),
        (ROWS, "warn", 50, 200, 0.75),
        (ROWS, "fail", 300, 200, 0.0),
        (ROWS, "pass", 0, 0, 1.0),
        # Rows that nobody counted.
        (ROWS, "fail", 1, None, 0.0),
        (ROWS, "error", None, 200, 0.0),
        (ROWS, "skipped", None, None, None),
        (WHOLE, "pass", 0, None, 1.0),
        (WHOLE, "warn", 1, None, 0.0),
    ],
)
def test_a_score_is_the_share_of_rows_that_pass(checked, status, failures, rows, expected):
    assert score(checked, status, failures, rows) == expected
