"""The charts of the dashboard, as Vega-Lite specifications. Pure functions.

A chart reads a dataset of the page by its name. Its colours are styles (`now`, `before`, `up`,
`down`), which the page defines for light and dark screens.
"""

from typing import Any

import altair as alt

ROW_HEIGHT = 30
PLAIN: dict[str, Any] = {"tickCount": 5, "title": None, "domain": False, "ticks": False}
# Otherwise 0M and +0%.
LABELS = "datum.value == 0 ? '0' : datum.label"
MONEY = alt.Axis(format="~s", labelExpr=LABELS, **PLAIN)
NAMES = alt.Axis(title=None, domain=False, ticks=False, labelLimit=150, labelPadding=5)
# A bar's label stands right of it, also of the longest bar on a narrow screen.
ROOM = 1.25
NARROW = "width < 400"
# 23.4M, 399k
SHORT = (
    "datum.revenue >= 1e6 ? format(datum.revenue / 1e6, ',.1f') + 'M'"
    " : format(datum.revenue / 1e3, ',.0f') + 'k'"
)
# Mar, or M on a narrow screen. The year stands below the first month and below January.
MONTH_LABELS = (
    f"[slice(datum.label, 0, {NARROW} ? 1 : 3),"
    " datum.index == 0 || slice(datum.label, 0, 3) == 'Jan' ? slice(datum.label, 4) : '']"
)


def money(field: str, title: str) -> alt.Tooltip:
    """An amount in a tooltip, with all its digits."""
    return alt.Tooltip(field, type="quantitative", format=",.2f", title=f"{title} (TRY)")


def share(field: str, title: str) -> alt.Tooltip:
    """A growth in a tooltip."""
    return alt.Tooltip(field, type="quantitative", format="+.1%", title=title)


COMPARED = [
    money("revenue", "Revenue"),
    money("revenue_before", "A year earlier"),
    share("growth", "Growth"),
]


def _months(months: list[str]) -> alt.X:
    axis = alt.Axis(title=None, labelAngle=0, labelExpr=MONTH_LABELS, domain=False, ticks=False)
    return alt.X("month:O", sort=months, axis=axis)


def revenue_by_month(dataset: str, description: str, months: list[str]) -> dict:
    """A bar per month, with a line for the same month a year earlier."""
    base = alt.Chart(alt.NamedData(dataset)).encode(
        _months(months), tooltip=[alt.Tooltip("month:O", title="Month"), *COMPARED]
    )
    now = base.mark_bar(style="now").encode(alt.Y("revenue:Q", axis=MONEY))
    before = base.mark_tick(style="before", opacity=1, thickness=3, bandSize=22).encode(
        alt.Y("revenue_before:Q", axis=MONEY)
    )
    return _finished(alt.layer(now, before), description, height=260)


def growth_by_month(dataset: str, description: str, months: list[str]) -> dict:
    """A bar per month, up or down, with its growth in per cent."""
    percent = alt.Axis(format="+.0%", labelExpr=LABELS, **PLAIN)
    base = alt.Chart(alt.NamedData(dataset)).encode(
        _months(months),
        alt.Y("growth:Q", axis=percent, scale=alt.Scale(padding=14)),
        tooltip=[alt.Tooltip("month:O", title="Month"), *COMPARED],
    )
    up, down = base.transform_filter("datum.growth >= 0"), base.transform_filter("datum.growth < 0")
    text = alt.Text("growth:Q", format="+.1%")
    # On a narrow screen the labels would overlap.
    shown = alt.ExprRef(f"{NARROW} ? 0 : 1")
    layers = (
        up.mark_bar(style="up"),
        down.mark_bar(style="down"),
        up.mark_text(style="label", opacity=shown, dy=-7).encode(text),
        down.mark_text(style="label", opacity=shown, dy=9).encode(text),
    )
    return _finished(alt.layer(*layers), description, height=260)


def revenue_by_name(dataset: str, description: str, largest: float) -> dict:
    """A horizontal bar per name, in the order of the rows, with a tick for a year earlier."""
    amount = alt.Scale(domain=[0, largest * ROOM], nice=False)
    base = alt.Chart(alt.NamedData(dataset)).encode(
        alt.Y("name:N", sort=None, axis=NAMES),
        tooltip=[alt.Tooltip("name:N", title="Name"), *COMPARED],
    )
    now = base.encode(alt.X("revenue:Q", axis=MONEY, scale=amount))
    before = base.encode(alt.X("revenue_before:Q", axis=MONEY, scale=amount))
    further = "max(datum.revenue, datum.revenue_before)"
    label = base.transform_calculate(end=further, short=SHORT).encode(
        alt.X("end:Q", axis=MONEY, scale=amount), alt.Text("short:N")
    )
    layers = (
        now.mark_bar(style="now"),
        before.mark_tick(style="before", opacity=1, thickness=3),
        label.mark_text(style="label", align="left", dx=6),
    )
    return _finished(alt.layer(*layers), description, height=alt.Step(ROW_HEIGHT))


def revenue_by_segment(dataset: str, description: str, largest: float) -> dict:
    """A group of horizontal bars per age band, one bar per gender."""
    amount = alt.Scale(domain=[0, largest * ROOM], nice=False)
    base = alt.Chart(alt.NamedData(dataset)).encode(
        alt.X("revenue:Q", axis=MONEY, scale=amount),
        alt.Y("age_band:N", axis=NAMES, scale=alt.Scale(paddingInner=0.25)),
        alt.YOffset("gender:N"),
        tooltip=[
            alt.Tooltip("gender:N", title="Gender"),
            alt.Tooltip("age_band:N", title="Age"),
            money("revenue", "Revenue"),
            alt.Tooltip("invoices:Q", format=",", title="Invoices"),
        ],
    )
    legend = alt.Legend(title=None, orient="top", symbolType="square")
    layers = (
        base.mark_bar().encode(alt.Color("gender:N", legend=legend)),
        base.transform_calculate(short=SHORT)
        .mark_text(style="label", align="left", dx=4)
        .encode(alt.Text("short:N")),
    )
    return _finished(alt.layer(*layers), description, height=alt.Step(18, **{"for": "offset"}))


def _finished(chart: alt.TopLevelMixin, description: str, height: int | alt.Step) -> dict:
    """The specification of a chart as wide as the page allows, for screen readers too."""
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    return chart.properties(
        width="container", height=height, autosize=fit, description=description
    ).to_dict()
