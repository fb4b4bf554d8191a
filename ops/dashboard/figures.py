"""The figures of the dashboard, read from the exported metrics."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from lakehouse.errors import LakehouseError
from lakehouse.thrift import Session, SqlError
from ops.metrics.schema import schema

Rows = list[dict]


@dataclass(frozen=True)
class Period:
    """Twelve months: `first` is the first day, `end` the day after the last one."""

    first: date
    end: date

    @property
    def before(self) -> "Period":
        """The twelve months before."""
        return Period(self.first.replace(year=self.first.year - 1), self.first)


@dataclass(frozen=True)
class Figures:
    """What the page shows; amounts are decimals.

    `months` has a row per month with a sale. `malls` and `categories` have `revenue` in `period`
    and `revenue_before` in the twelve months before, null where there was no sale. `segments` has
    the revenue of all sales. `first_day` and `last_day` are the first and the last day with a sale.
    """

    first_day: date
    last_day: date
    period: Period
    months: Rows
    malls: Rows
    categories: Rows
    segments: Rows

    def total(self, measure: str, period: Period) -> Decimal:
        """The sum of a measure over the months of a period."""
        return sum((Decimal(month[measure]) for month in self._within(period)), Decimal(0))

    @property
    def months_compared(self) -> Rows:
        """The months of `period` with `revenue`, `revenue_before` a year earlier, and `growth`."""
        before = {month["month"]: month["revenue"] for month in self.months}
        return [
            {
                "month": f"{month['month']:%b %Y}",
                "revenue": month["revenue"],
                "revenue_before": before.get(month["month"].replace(year=month["month"].year - 1)),
                "growth": month["growth"],
            }
            for month in self._within(self.period)
        ]

    def _within(self, period: Period) -> Rows:
        return [month for month in self.months if period.first <= month["month"] < period.end]


def read(session: Session) -> Figures:
    """Read the figures from the schema `metrics`, with the prefix LAKEHOUSE_SCHEMA_PREFIX.

    Raises LakehouseError if an export is missing or empty.
    """
    place = schema()
    days = (
        f"select min(metric_time__day) as f, max(metric_time__day) as l from {place}.sales_by_day"
    )
    [(first, last)] = [row.values() for row in _rows(session, days)]
    if last is None:
        raise LakehouseError(
            f"{place}.sales_by_day has no rows",
            "run: lakehouse load, dbt build, lakehouse metrics export",
        )
    period = last_complete_year(date.fromisoformat(last))
    return Figures(
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
        period=period,
        months=_months(session, place),
        malls=_two_years(session, place, "shopping_mall", period),
        categories=_two_years(session, place, "category", period),
        segments=_rows(
            session,
            f"""select age_band, customer__gender as gender, revenue, invoices
            from {place}.sales_by_segment order by 1, 2""",
        ),
    )


def last_complete_year(last_day: date) -> Period:
    """The last twelve months whose days are all up to `last_day`."""
    end = (last_day + timedelta(days=1)).replace(day=1)
    return Period(end.replace(year=end.year - 1), end)


def _months(session: Session, place: str) -> Rows:
    rows = _rows(
        session,
        f"""select metric_time__month as month, sales.revenue, units, invoices,
            average_invoice_value, revenue_growth_year_over_year as growth
        from {place}.sales_by_month as sales
        left join {place}.revenue_growth as growth using (metric_time__month)
        order by 1""",
    )
    return [{**row, "month": date.fromisoformat(row["month"])} for row in rows]


def _two_years(session: Session, place: str, dimension: str, period: Period) -> Rows:
    """Revenue by a dimension in the period and in the year before, the largest first."""

    def revenue(months: Period) -> str:
        return (
            f"sum(revenue) filter (where metric_time__month >= '{months.first}'"
            f" and metric_time__month < '{months.end}')"
        )

    rows = _rows(
        session,
        f"""select {dimension} as name, {revenue(period)} as revenue,
            {revenue(period.before)} as revenue_before
        from {place}.sales_by_mall_and_category
        group by 1 order by 2 desc nulls last, 1""",
    )
    return [{**row, "growth": growth(row["revenue"], row["revenue_before"])} for row in rows]


def _rows(session: Session, statement: str) -> Rows:
    """The rows of a query of exports, as dictionaries."""
    try:
        result = session.query(statement)
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    except SqlError as error:
        if error.not_found:
            raise LakehouseError(
                f"the dashboard needs an export that does not exist: {error.sentence}",
                "run: lakehouse metrics export",
            ) from error
        raise


def growth(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The growth from `before` to `now` as a share; None where there is nothing to compare."""
    return now / before - 1 if now is not None and before else None
