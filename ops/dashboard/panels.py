"""The panels of the dashboard: a chart, and the same figures as a table. Pure functions."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ops.dashboard import charts
from ops.dashboard.figures import Figures, Period, Rows

NOTHING = "\N{EN DASH}"
COMPARED = ("Revenue (TRY)", "A year earlier (TRY)", "Growth")


@dataclass(frozen=True)
class Panel:
    """A chart of the rows `data`, and its table of `columns` and `cells`.

    `source` is the export that has the figures. `legend` has the styles of the chart, and what
    they mean.
    """

    id: str
    title: str
    about: str
    source: str
    legend: tuple[tuple[str, str], ...]
    spec: dict
    data: Rows
    columns: tuple[str, ...]
    cells: list[tuple[str, ...]]


def panels(figures: Figures) -> list[Panel]:
    """All panels, in the order of the page."""
    return [
        _revenue(figures),
        _by_name(figures, "malls", "mall", figures.malls),
        _by_name(figures, "categories", "category", figures.categories),
        _growth(figures),
        _segments(figures),
    ]


def _revenue(figures: Figures) -> Panel:
    rows = figures.months_compared
    return Panel(
        id="revenue",
        title="Revenue by month",
        about="Each month, and the same month a year earlier, in TRY.",
        source="sales_by_month",
        legend=_years(figures.period),
        spec=charts.revenue_by_month("revenue", "Revenue by month, two years", _names(rows)),
        data=rows,
        columns=("Month", *COMPARED),
        cells=[_compared("month", row) for row in rows],
    )


def _growth(figures: Figures) -> Panel:
    rows = [row for row in figures.months_compared if row["growth"] is not None]
    return Panel(
        id="growth",
        title="Revenue growth by month",
        about="Revenue of the month against the same month a year earlier.",
        source="revenue_growth",
        legend=(("up", "more than a year earlier"), ("down", "less")),
        spec=charts.growth_by_month("growth", "Revenue growth, year over year", _names(rows)),
        data=rows,
        columns=("Month", *COMPARED),
        cells=[_compared("month", row) for row in rows],
    )


def _by_name(figures: Figures, id: str, one: str, rows: Rows) -> Panel:
    return Panel(
        id=id,
        title=f"Revenue by {one}",
        about=f"The {one} with the largest revenue first, in TRY.",
        source="sales_by_mall_and_category",
        legend=_years(figures.period),
        spec=charts.revenue_by_name(
            id,
            f"Revenue by {one}, with the year before",
            largest(rows, "revenue", "revenue_before"),
        ),
        data=rows,
        columns=(one.capitalize(), *COMPARED),
        cells=[_compared("name", row) for row in rows],
    )


def _segments(figures: Figures) -> Panel:
    rows = figures.segments
    return Panel(
        id="segments",
        title="Revenue by customer segment",
        about=f"Gender and age, all sales from {day(figures.first_day)} to "
        f"{day(figures.last_day)}, in TRY.",
        source="sales_by_segment",
        legend=(),
        spec=charts.revenue_by_segment(
            "segments", "Revenue by gender and age band", largest(rows, "revenue")
        ),
        data=rows,
        columns=("Age", "Gender", "Revenue (TRY)", "Invoices"),
        cells=[
            (row["age_band"], row["gender"], amount(row["revenue"]), f"{row['invoices']:,}")
            for row in rows
        ],
    )


def _names(rows: Rows) -> list[str]:
    return [row["month"] for row in rows]


def _years(period: Period) -> tuple[tuple[str, str], ...]:
    return (("now", span(period)), ("before", "a year earlier"))


def _compared(key: str, row: dict) -> tuple[str, ...]:
    """The cells of a row with two years."""
    amounts = amount(row["revenue"]), amount(row["revenue_before"])
    return (row[key], *amounts, percent(row["growth"]))


def largest(rows: Rows, *fields: str) -> float:
    """The largest value of some columns; 1 if there is none."""
    return float(max((row[field] or 0 for row in rows for field in fields), default=0) or 1)


def day(value: date) -> str:
    """8 March 2023."""
    return f"{value.day} {value:%B %Y}"


def span(period: Period) -> str:
    """Mar 2022 to Feb 2023."""
    return f"{period.first:%b %Y} to {period.end - timedelta(days=1):%b %Y}"


def amount(value: Decimal | None) -> str:
    """1,234,567.89."""
    return NOTHING if value is None else f"{value:,.2f}"


def percent(value: Decimal | None) -> str:
    """+4.2%, with a minus sign as wide as the plus."""
    return NOTHING if value is None else f"{value:+.1%}".replace("-", "\N{MINUS SIGN}")


def short(value: Decimal) -> str:
    """251.5 M, or 45,823 below a million."""
    return f"{value / 10**6:,.1f} M" if abs(value) >= 10**6 else f"{value:,.0f}"
