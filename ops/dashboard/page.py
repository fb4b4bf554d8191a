"""The dashboard's page: the template page.html.jinja over the figures."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import jinja2
import vl_convert

from ops.dashboard.figures import Figures, growth
from ops.dashboard.panels import NOTHING, day, panels, percent, short, span
from ops.metrics.schema import schema

TEMPLATE = Path(__file__).with_name("page.html.jinja")


@dataclass(frozen=True)
class Headline:
    """A figure at the top of the page: `value` is short, and `exact` has all digits."""

    label: str
    value: str
    exact: str
    note: str


def page(figures: Figures) -> str:
    """The HTML page, with its figures, charts and scripts inside."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)
    shown = panels(figures)
    content = {panel.id: {"spec": panel.spec, "data": panel.data} for panel in shown}
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        headlines=headlines(figures),
        panels=shown,
        schema=schema(),
        content=script_json(content),
        # Vega-Lite itself, so that a browser loads nothing.
        library=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"),
        period=span(figures.period),
        before=span(figures.period.before),
        last_day=day(figures.last_day),
        incomplete=f"{figures.last_day:%B %Y}" if figures.period.end <= figures.last_day else "",
    )


def headlines(figures: Figures) -> list[Headline]:
    """The totals of the period against the year before, and the revenue of all sales."""
    periods = figures.period, figures.period.before

    def totals(measure: str) -> list[Decimal]:
        return [figures.total(measure, period) for period in periods]

    revenue, invoices, units = map(totals, ("revenue", "invoices", "units"))
    average = [total / (count or 1) for total, count in zip(revenue, invoices, strict=True)]
    everything = sum(month["revenue"] for month in figures.months)
    return [
        _headline("Revenue", revenue, "TRY"),
        _headline("Invoices", invoices),
        _headline("Units", units),
        _headline("Average invoice", average, "TRY"),
        Headline(
            label=f"Revenue since {figures.first_day:%b %Y}",
            value=f"{short(everything)} TRY",
            exact=f"{everything:,} TRY",
            note=f"to {day(figures.last_day)}",
        ),
    ]


def _headline(label: str, years: list[Decimal], unit: str = "") -> Headline:
    now, before = years
    change = growth(now, before)
    exact = f"{now:,.2f}" if unit else f"{now:,}"
    return Headline(
        label=label,
        value=f"{short(now)} {unit}".strip(),
        exact=f"{exact} {unit}".strip(),
        note=NOTHING if change is None else f"{percent(change)} on a year earlier",
    )


def script_json(content: object) -> str:
    """JSON that can stand inside a script element: no `<` can end it."""

    def plain(value: object) -> object:
        return value.isoformat() if isinstance(value, date) else float(value)  # type: ignore

    return json.dumps(content, default=plain, ensure_ascii=False).replace("<", "\\u003c")
