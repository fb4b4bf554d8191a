"""Every type of metric that MetricFlow has, on Spark: a small shop with hand-computed results."""

from datetime import date, datetime
from decimal import Decimal as D

import pytest
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

from ops.metrics.views import metric_views

JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in range(1, 5))
OVER_EVERYTHING = {
    "amount": D("45.75"),
    "orders": 5,
    "gifts": 2,
    "buyers": 3,
    "largest": D("20.50"),
    "smallest": D("3.00"),
    "mean": D("9.15"),
    "middle": 7.0,
    # Of 3, 5.25, 7, 10, 20.5 at 0.8 * 4 = 3.2: 10 + 0.2 * 10.5.
    "p80_continuous": 12.1,
    "p80_approximate": 12.1,
    "p80_discrete": 10,
    "p80_approximate_discrete": 10,
    "amount_per_order": D("9.15"),
    "gift_share": 0.4,
    "amount_all_time": D("45.75"),
    # Of three visits, two were followed by an order within two days.
    "visit_to_order_rate": 2 / 3,
    # The last day of all, or of each account.
    "balance": D("70"),
    "balance_of_accounts": D("180"),
}
BY_MONTH = {
    "amount_each_day": {JANUARY: 10, FEBRUARY: D("25.75"), MARCH: 0, APRIL: 10},
    "amount_all_time": {
        JANUARY: 10, FEBRUARY: D("30.50"), MARCH: D("35.75"), APRIL: D("45.75")
    },
    # c1 bought twice.
    "buyers_all_time": {JANUARY: 1, FEBRUARY: 1, MARCH: 2, APRIL: 3},
    "largest_all_time": {
        JANUARY: 10, FEBRUARY: D("20.50"), MARCH: D("20.50"), APRIL: D("20.50")
    },
    # To the end of March: since the first of February. Of April: since the first of March.
    "amount_2_months": {JANUARY: 10, FEBRUARY: D("35.75"), MARCH: D("25.75"), APRIL: 10},
    "amount_month_to_date": {JANUARY: 10, FEBRUARY: D("25.75"), APRIL: 10},
    "gift_share": {JANUARY: 1, FEBRUARY: 0.5},
    "visit_to_order_rate": {JANUARY: 0.5, APRIL: 1},
    "balance": {JANUARY: 160, FEBRUARY: 70},
}  # fmt: skip


def rows(shop, metrics: str, by: str = "", **request) -> list[tuple]:
    """The keys and values of a query, ordered by the first key."""
    request = MetricFlowQueryRequest.create(
        metric_names=metrics.split(), group_by_names=by.split() or None, **request
    )
    table = shop.mf.query(request).result_df
    # MetricFlow has its own order of columns.
    places = [table.column_names.index(name) for name in (*by.split(), *metrics.split())]
    found = [tuple(row[i] for i in places) for row in table.rows]
    return sorted(found, key=lambda row: (row[0] is None, row[0]))


def test_metrics_without_dimensions_have_the_expected_values(shop):
    [values] = rows(shop, " ".join(OVER_EVERYTHING))
    found = dict(zip(OVER_EVERYTHING, values, strict=True))
    assert found == {name: pytest.approx(value) for name, value in OVER_EVERYTHING.items()}
    decimals = {name for name, value in found.items() if isinstance(value, D)}
    assert decimals >= {name for name, value in OVER_EVERYTHING.items() if isinstance(value, D)}


def test_metrics_by_month_have_the_expected_values(shop):
    found = rows(shop, " ".join(BY_MONTH), "metric_time__month")
    for number, (metric, expected) in enumerate(BY_MONTH.items(), start=1):
        values = {row[0]: row[number] for row in found if row[number] is not None}
        assert values == expected, metric


def test_an_offset_metric_has_a_row_for_each_month_with_either_value(shop):
    assert dict(rows(shop, "amount_change", "metric_time__month")) == {
        JANUARY: None, FEBRUARY: D("15.75"), MARCH: None, APRIL: None
    }  # fmt: skip


def test_a_time_is_truncated_to_every_grain(shop):
    grains = ("minute", "hour", "day", "week", "month", "quarter", "year", "season")
    found = rows(shop, "amount", " ".join(f"metric_time__{grain}" for grain in grains))
    day = date(2024, 2, 29)
    assert found == [
        (datetime(2024, 1, 31, 10, 15), datetime(2024, 1, 31, 10), date(2024, 1, 31),
         date(2024, 1, 29), JANUARY, JANUARY, JANUARY, "2024-01-01", 10),
        (datetime(2024, 2, 1, 10, 45), datetime(2024, 2, 1, 10), FEBRUARY,
         date(2024, 1, 29), FEBRUARY, JANUARY, JANUARY, "2024-01-01", D("20.5")),
        (datetime(2024, 2, 29, 23, 59), datetime(2024, 2, 29, 23), day,
         date(2024, 2, 26), FEBRUARY, JANUARY, JANUARY, "2024-01-01", D("5.25")),
        (datetime(2024, 4, 1), datetime(2024, 4, 1), APRIL, APRIL, APRIL, APRIL, JANUARY,
         "2024-03-01", 10),
    ]  # fmt: skip


def test_metric_views_lack_the_metrics_that_they_cannot_compute(shop):
    [orders, visits] = metric_views(shop.semantic_manifest)
    assert [measure.name for measure in visits.measures] == ["visits"]
    measures = {measure.name for measure in orders.measures}
    assert measures >= {"amount", "gifts", "p80_discrete", "amount_per_order", "gift_share"}
    reasons = {name: reason.partition(",")[0] for name, reason in orders.unsupported.items()}
    assert reasons == {
        "amount_each_day": "it has a value for days without rows",
        "amount_change": "it reads another period",
        "amount_since_month_start": "it reads another period",
        "amount_all_time": "it aggregates a window of days",
        "buyers_all_time": "it aggregates a window of days",
        "largest_all_time": "it aggregates a window of days",
        "amount_2_months": "it aggregates a window of days",
        "amount_month_to_date": "it aggregates a window of days",
        "visit_to_order_rate": "it also reads visits",
    }
    assert visits.unsupported == {"visit_to_order_rate": "it also reads orders"}


def test_a_metric_can_read_the_value_at_the_start_of_the_month(shop):
    found = {
        day: value
        for day, value in rows(shop, "amount_since_month_start", "metric_time__day")
        if value is not None
    }
    assert found == {FEBRUARY: 0, date(2024, 2, 29): D("-15.25"), APRIL: 0}


def test_a_running_total_with_a_start_time_counts_earlier_days(shop):
    span = {
        "time_constraint_start": datetime(2024, 2, 1),
        "time_constraint_end": datetime(2024, 2, 2),
    }
    found = rows(shop, "amount_all_time", "metric_time__day", **span)
    assert [value for _, value in found] == [D("30.50"), D("30.50")]


def test_a_dimension_two_joins_away_is_null_where_a_link_is_missing(shop):
    assert rows(shop, "amount", "customer__region__country") == [
        ("Here", D("30.50")),
        (None, D("15.25")),
    ]


def test_a_metric_can_filter_another_metric(shop):
    more = "{{ Metric('orders', group_by=['customer']) }} > 1"
    assert rows(shop, "amount", "customer", where_constraints=[more]) == [("c1", D("30.50"))]


def test_a_filter_can_select_nulls(shop):
    without = "{{ Dimension('customer__region_code') }} is null"
    assert rows(shop, "amount", where_constraints=[without]) == [(D("10.00"),)]


def test_a_filter_without_matches_gives_no_rows(shop):
    early = "{{ TimeDimension('metric_time', 'day') }} < '2024-01-01'"
    assert rows(shop, "amount", "metric_time__month", where_constraints=[early]) == []


def test_metrics_of_two_facts_are_joined_by_time(shop):
    assert rows(shop, "amount visits", "metric_time__month") == [
        (JANUARY, 10, 2), (FEBRUARY, D("25.75"), None), (APRIL, 10, 1)
    ]  # fmt: skip


def test_a_query_follows_its_order_and_limit(shop):
    request = MetricFlowQueryRequest.create(
        metric_names=["amount"],
        group_by_names=["metric_time__month"],
        order_by_names=["-amount"],
        limit=1,
    )
    assert shop.mf.query(request).result_df.rows == ((FEBRUARY, D("25.75")),)


def test_a_query_with_an_ansi_error_fails(shop):
    divided = "{{ Dimension('customer__region_code') }} = 1 / 0"
    with pytest.raises(Exception, match="CAST_INVALID_INPUT|DIVIDE_BY_ZERO"):
        rows(shop, "amount", where_constraints=[divided])


def test_a_result_is_printed_with_its_decimals(shop):
    request = MetricFlowQueryRequest.create(metric_names=["amount", "middle", "mean"])
    table = shop.mf.query(request).result_df
    assert table.text_format().split()[-3:] == ["45.75", "7", "9.150000"]
    assert table.text_format(3).split()[-3:] == ["45.750", "7.000", "9.150"]
