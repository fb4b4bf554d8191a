"""MetricFlow, metric views and exports give the same values as DuckDB on gold."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import pytest
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

from ops.metrics.views import metric_views
from tests.semantic.web_shop import EXPECTED as WEB_SHOP

# The keys of a result, by the name they have in exports and metric views.
KEYS = {
    "metric_time__day": "day",
    "metric_time__month": "date_trunc('month', day)::date",
    # Fiscal years begin in February.
    "metric_time__fiscal_quarter": (
        "(date_trunc('quarter', day - interval 1 month) + interval 1 month)::date"
    ),
    "shopping_mall": "shopping_mall",
    "category": "category",
    "customer__gender": "gender",
    "age_band": "age_band",
}
REVENUE = "sum(total_amount)::double"
AGGREGATES = {
    "revenue": "sum(total_amount)",
    "units": "sum(quantity)",
    "invoices": "count(*)",
    "buying_customers": "count(distinct customer_id) filter (customer_id <> 'unknown')",
    "average_invoice_value": f"{REVENUE} / count(distinct invoice_id)",
    "units_per_invoice": "sum(quantity)::double / count(distinct invoice_id)",
    "premium_share": f"sum(total_amount) filter (unit_price >= 1000)::double / {REVENUE}",
    "weekend_share": f"sum(total_amount) filter (isodow(day) >= 6)::double / {REVENUE}",
    "median_unit_price": "median(unit_price)::double",
}
# The days that a running total sums.
RUNNING = {
    "revenue_rolling_3_months": "sold > days.day - interval 3 month",
    "revenue_year_to_date": "sold >= date_trunc('year', days.day)",
}
# The months between the periods that a growth compares.
GROWTHS = {"revenue_growth_month_over_month": 1, "revenue_growth_year_over_year": 12}

BY_MONTH = ("metric_time__month",)
BY_MONTH_AND_GENDER = ("metric_time__month", "customer__gender")

JUNE = {"time_constraint_start": datetime(2022, 6, 1), "time_constraint_end": datetime(2022, 6, 30)}

Values = dict[tuple[str, ...], object]


def expected(gold, metric: str, keys: tuple[str, ...]) -> Values:
    """DuckDB's values of a metric: keys -> value, without nulls."""
    named = ", ".join(f"{KEYS[key]} as {key}" for key in keys)
    others = [key for key in keys if not key.startswith("metric_time")]
    if metric in AGGREGATES:
        query = f"select {named}, {AGGREGATES[metric]} as value from sales group by all"
    elif metric in RUNNING:
        query = f"""
            with sold as (select day as sold, * exclude (day) from sales),
            running as (
                select days.day, sold.* exclude (sold, total_amount), total_amount
                from days join sold on sold <= days.day and {RUNNING[metric]}
            ),
            daily as (select day, {named}, sum(total_amount) as total from running group by all)
            select {", ".join(keys)}, arg_max(total, day) as value from daily group by all"""
    else:
        matched = "".join(f" and now.{key} = ago.{key}" for key in others)
        months = f"interval {GROWTHS[metric]} month"
        query = f"""
            with monthly as (select {named}, {REVENUE} as total from sales group by all)
            select {", ".join(f"now.{key}" for key in keys)}, now.total / ago.total - 1 as value
            from monthly as now join monthly as ago
                on now.metric_time__month = ago.metric_time__month + {months}{matched}"""
    [values] = by_metric(gold.execute(query).fetchall(), keys, [metric]).values()
    return values


def by_metric(rows: Iterable, keys: tuple[str, ...], metrics: Iterable[str]) -> dict[str, Values]:
    """Rows of keys and values of the metrics as metric -> keys -> value, without nulls."""
    found: dict[str, Values] = {metric: {} for metric in metrics}
    for row in rows:
        key = tuple(map(text, row[: len(keys)]))
        for metric, value in zip(found, row[len(keys) :], strict=True):
            if value is not None:
                assert key not in found[metric], f"{metric} has two values for {key}"
                found[metric][key] = value
    return found


def text(key: object) -> str:
    """A key as text: times without the hours."""
    return str(key)[:10] if isinstance(key, date) else str(key)


def check(found: dict[str, Values], gold, keys: tuple[str, ...], expected=expected) -> None:
    """Decimals and counts are equal to DuckDB's, quotients to the sixth digit."""
    differing = {}
    for metric, values in found.items():
        wanted = expected(gold, metric, keys)
        assert wanted, metric
        differing[metric] = {
            key: (values.get(key), wanted.get(key))
            for key in values.keys() | wanted.keys()
            if not same(values.get(key), wanted.get(key))
        }
    assert not any(differing.values()), {name: keys for name, keys in differing.items() if keys}


def same(found, wanted) -> bool:
    if found is None or isinstance(wanted, (Decimal, int, type(None))):
        return found == wanted
    return float(found) == pytest.approx(wanted, abs=1e-6)


def queried(
    configuration, metrics: Iterable[str], keys: tuple[str, ...], **request
) -> dict[str, Values]:
    """MetricFlow's values, of one query."""
    metrics = list(metrics)
    asked = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=keys, **request)
    table = configuration.mf.query(asked).result_df
    # MetricFlow has its own order of columns.
    places = [table.column_names.index(name) for name in (*keys, *metrics)]
    return by_metric(([row[i] for i in places] for row in table.rows), keys, metrics)


def test_every_metric_has_an_expected_value(definitions):
    metrics = {metric.name for metric in definitions.semantic_manifest.metrics}
    assert {*AGGREGATES, *RUNNING, *GROWTHS, *WEB_SHOP} == metrics


@pytest.mark.parametrize(
    ("metrics", "keys"),
    [
        (AGGREGATES, BY_MONTH),
        (AGGREGATES, BY_MONTH_AND_GENDER),
        (GROWTHS, BY_MONTH),
        (GROWTHS, BY_MONTH_AND_GENDER),
        (RUNNING, BY_MONTH),
    ],
)
def test_metricflow_gives_the_expected_values(project, gold, metrics, keys):
    check(queried(project, metrics, keys), gold, keys)


def test_a_running_total_by_a_joined_dimension_within_a_span_of_time(project, gold):
    """It counts the days before the span. Without a span it takes 14 s."""
    found = queried(project, RUNNING, BY_MONTH_AND_GENDER, **JUNE)
    for metric, values in found.items():
        wanted = expected(gold, metric, BY_MONTH_AND_GENDER)
        assert values == {key: wanted[key] for key in wanted if key[0] == "2022-06-01"}, metric


def test_a_filter_on_time_filters_sales(project, gold):
    """A filter in every grain at once; the quarters and the week cut the days on both sides."""
    conditions = {
        "day": "between '2022-06-02' and '2022-07-20'",
        "week": "in ('2022-05-30', '2022-06-06')",
        "month": "= '2022-06-01'",
        "quarter": "= '2022-04-01'",
        "year": "= '2022-01-01'",
        "fiscal_quarter": "= '2022-05-01'",
    }
    filters = [
        f"{{{{ TimeDimension('metric_time', '{grain}') }}}} {condition}"
        for grain, condition in conditions.items()
    ]
    found = queried(project, ["revenue"], ("metric_time__day",), where_constraints=filters)
    wanted = expected(gold, "revenue", ("metric_time__day",))
    days = [(f"2022-06-{day:02}",) for day in range(2, 13)]
    assert found == {"revenue": {day: wanted[day] for day in days}}


def test_a_filter_on_the_fiscal_quarter_of_each_year_filters_sales(
    project, exported, gold, session
):
    """Fiscal years begin in February: their fourth quarters are November to January."""
    november_to_january = "select sum(total_amount) from sales where month(day) in (11, 12, 1)"
    [wanted] = gold.execute(november_to_january).fetchone()
    fourth = "{{ Dimension('date__fiscal_quarter_of_year') }} = 4"
    found = queried(project, ["revenue"], (), where_constraints=[fourth])
    view = "select measure(revenue) from metrics.sales where date__fiscal_quarter_of_year = 4"
    assert found == {"revenue": {(): wanted}} and session.execute(view) == [(wanted,)]


def test_the_malls_dimension_gives_the_same_values_as_the_malls_of_sales(project, gold):
    found = queried(project, ["revenue"], ("mall__shopping_mall",))
    assert found == {"revenue": expected(gold, "revenue", ("shopping_mall",))}


def test_a_growth_with_a_start_time_reads_earlier_periods(project, gold):
    found = queried(project, GROWTHS, BY_MONTH, **JUNE)
    for metric, values in found.items():
        wanted = expected(gold, metric, BY_MONTH)
        assert same(values[("2022-06-01",)], wanted[("2022-06-01",)]), metric


@pytest.mark.parametrize(
    "keys", [BY_MONTH, BY_MONTH_AND_GENDER, ("metric_time__fiscal_quarter",)], ids="-".join
)
def test_the_metric_view_gives_the_expected_values(project, exported, gold, session, keys):
    [view] = [each for each in metric_views(project.semantic_manifest) if each.name == "sales"]
    measures = [measure.name for measure in view.measures]
    assert set(measures) == AGGREGATES.keys()
    selected = ", ".join([*keys, *(f"measure({name})" for name in measures)])
    rows = session.execute(f"select {selected} from metrics.{view.name} group by all")
    found = by_metric(rows, keys, measures)
    check(found, gold, keys)
    # To the last digit.
    assert found == queried(project, measures, keys)


def test_every_export_gives_the_expected_values(project, exported, gold, session):
    for query in project.semantic_manifest.saved_queries:
        if query.name.startswith("shop_"):
            continue
        found, keys = exported_values(session, query, KEYS)
        check(found, gold, keys)


def exported_values(session, query, keys: Iterable[str]) -> tuple[dict[str, Values], tuple]:
    """The values of an exported table or view, and its keys: those of `keys` that it has."""
    [export] = query.exports
    relation = f"metrics.{export.config.alias or export.name}"
    columns = [name for name, *_ in session.execute(f"describe {relation}")]
    having = tuple(name for name in columns if name in keys)
    assert set(columns) == {*having, *query.query_params.metrics}
    metrics = [name for name in columns if name not in having]
    rows = session.execute(f"select {', '.join([*having, *metrics])} from {relation}")
    return by_metric(rows, having, metrics), having
