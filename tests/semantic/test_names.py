"""Short names of dimensions, and MetricFlow's messages; pure functions."""

import pytest

from lakehouse.errors import LakehouseError
from ops.metrics.errors import plain
from ops.metrics.names import Names

NAMES = Names(
    dimensions={
        "metric_time", "sale", "customer", "date",
        "sale__category", "sale__sold_on", "sale__color",
        "customer__gender", "customer__color", "customer__region__name", "date__name",
    },
    metrics={"revenue"},
    own={"sale"},
    grains={"day", "month", "fiscal_quarter"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("category", "sale__category"),
        ("Category", "sale__category"),
        ("gender", "customer__gender"),
        ("color", "sale__color"),
        ("sold_on__fiscal_quarter", "sale__sold_on__fiscal_quarter"),
        ("region__name", "customer__region__name"),
        ("sale__category", "sale__category"),
        ("metric_time__month", "metric_time__month"),
        ("customer", "customer"),
        ("Dimension('sale__category')", "Dimension('sale__category')"),
    ],
)
def test_a_short_name_is_the_only_dimension_with_it_or_the_facts_own(name, full):
    assert NAMES.full(name) == full


def test_the_error_for_an_unknown_or_ambiguous_name_lists_the_names():
    with pytest.raises(LakehouseError, match="no dimension of these metrics is called mall") as no:
        NAMES.full("mall")
    assert no.value.remedy == f"use one of: {', '.join(sorted(NAMES.dimensions))}"
    with pytest.raises(LakehouseError, match="2 dimensions are called name") as several:
        NAMES.full("name")
    assert several.value.remedy == "use one of: customer__region__name, date__name"


def test_an_order_has_full_names_and_keeps_its_direction():
    given = ["revenue", "-revenue", "-category", "metric_time__month"]
    assert [NAMES.ordered(name) for name in given] == [
        "revenue", "-revenue", "-sale__category", "metric_time__month"
    ]  # fmt: skip


def test_a_filter_has_full_names():
    given = (
        "{{ Dimension('category') }} = 'gender' and {{ TimeDimension( \"sold_on\", 'day') }} > 1"
    )
    assert NAMES.filtered(given) == (
        "{{ Dimension('sale__category') }} = 'gender' "
        "and {{ TimeDimension( \"sale__sold_on\", 'day') }} > 1"
    )


def test_a_message_of_metricflow_is_cut_to_what_is_wrong():
    text = """Got error(s) during query resolution.

Error #1:
  Message:

    Error parsing where filter.

    Got exception:

      Traceback (most recent call last):
        File "a.py", line 92, in b
          c()
      TemplateSyntaxError: unexpected '}'

      The above exception was the direct cause of the following exception:

      Traceback (most recent call last):
      Other: unexpected '}'

  Query Input:

    a

Error #2:
  Message:

    Second.

  Issue Location:

    b
"""
    assert plain(text) == (
        "Error parsing where filter.\n\nGot exception:\n\n  TemplateSyntaxError: unexpected '}'\n"
        "Second."
    )
    assert plain("Group by items can't be specified") == "Group by items can't be specified"
