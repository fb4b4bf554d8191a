"""`lakehouse dashboard`: the figures of the exports in one page that loads nothing."""

import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from lakehouse.settings import Settings
from ops.dashboard.figures import Figures, Period, last_complete_year
from ops.dashboard.page import page
from tests.conftest import lakehouse

YEAR = Period(date(2022, 3, 1), date(2023, 3, 1))


class Elements(HTMLParser):
    """The elements of a page: tags, attributes, and the text of each element with an id."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str | None, str] = {}
        self.id: str | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.id = dict(attrs).get("id")

    def handle_data(self, data):
        self.texts[self.id] = self.texts.get(self.id, "") + data


def charts(html: str) -> dict[str, dict]:
    """The charts in a page: id -> its specification and its data."""
    return json.loads(Elements(html).texts["content"])


def figures(name: str = "Kanyon", months: int = 1) -> Figures:
    """Figures of one mall, category and segment, with one sale of 1,234.50 in each month."""
    sale = {"revenue": Decimal("1234.50"), "units": 3, "invoices": 1, "growth": None}
    both = [{"name": name, **sale, "revenue_before": None}]
    segment = [{"age_band": "18-24", "gender": "Female", **sale}]
    sold = [{"month": date(2022, month, 1), **sale} for month in range(3, 3 + months)]
    return Figures(date(2022, 3, 5), date(2023, 3, 8), YEAR, sold, both, both, segment)


@pytest.mark.parametrize(
    ("last_day", "first", "end"),
    [
        ("2023-03-08", "2022-03-01", "2023-03-01"),
        ("2023-03-31", "2022-04-01", "2023-04-01"),
        ("2024-02-28", "2023-02-01", "2024-02-01"),
        ("2023-12-31", "2023-01-01", "2024-01-01"),
    ],
)
def test_the_year_ends_with_the_last_complete_month(last_day, first, end):
    found = last_complete_year(date.fromisoformat(last_day))
    assert (str(found.first), str(found.end)) == (first, end)


def test_a_page_loads_nothing():
    html = page(figures())
    elements = Elements(html)
    assert not {"link", "img", "iframe", "object", "embed"} & set(elements.tags)
    assert not {"src", "href", "srcset", "action", "data"} & {n for n, _ in elements.attributes}
    [policy] = [text for _, text in elements.attributes if (text or "").startswith("default-src")]
    # A browser refuses what this does not allow; images are for exported charts only.
    assert policy == (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    )
    assert not re.search(r"url\(|@import", html.partition("</style>")[0])


def test_a_name_cannot_end_a_script_or_become_an_element():
    html = page(figures("</script><blink>"))
    assert charts(html)["malls"]["data"][0]["name"] == "</script><blink>"
    assert "blink" not in Elements(html).tags


@pytest.mark.parametrize("months", [0, 1])
def test_a_page_of_a_few_days_has_no_comparison(months):
    html = page(figures(months=months))
    assert charts(html)["growth"]["data"] == []
    assert "on a year earlier" not in html


def test_the_page_has_the_figures_of_gold(exported, gold, tmp_path):
    file = tmp_path / "new" / "page.html"
    done = lakehouse("dashboard", "--html", str(file))
    assert (done.exit_code, done.stdout) == (0, f"{file}\n"), done.output
    html = file.read_text()
    found = {id: chart["data"] for id, chart in charts(html).items()}
    year = "day >= '2022-03-01' and day < '2023-03-01'"
    before = "day >= '2021-03-01' and day < '2022-03-01'"
    for id, name in {"malls": "shopping_mall", "categories": "category"}.items():
        query = f"""select {name}, sum(total_amount) filter ({year})::double,
            sum(total_amount) filter ({before})::double from sales group by 1 order by 2 desc"""
        rows = [(row["name"], row["revenue"], row["revenue_before"]) for row in found[id]]
        assert rows == gold.execute(query).fetchall()
    query = f"""select sum(total_amount)::double from sales where {year}
        group by date_trunc('month', day) order by date_trunc('month', day)"""
    assert [(row["revenue"],) for row in found["revenue"]] == gold.execute(query).fetchall()
    for row in found["growth"]:
        assert row["growth"] == pytest.approx(row["revenue"] / row["revenue_before"] - 1)
    query = (
        "select age_band, gender, sum(total_amount)::double from sales group by 1, 2 order by all"
    )
    segments = [(row["age_band"], row["gender"], row["revenue"]) for row in found["segments"]]
    assert segments == gold.execute(query).fetchall()
    assert "251,505,794.25 TRY" in html and "Data up to 8 March 2023" in html


def test_the_page_is_written_into_the_home(exported):
    done = lakehouse("dashboard")
    file = Settings.from_environment().home / "dashboard.html"
    assert done.stdout == f"{file}\n" and file.read_text().startswith("<!doctype html>")


def test_the_error_for_missing_exports_names_them_and_the_remedy(server, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_SCHEMA_PREFIX", "nobody_")
    done = lakehouse("dashboard")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nobody_metrics" in done.stderr
    assert done.stderr.endswith("  try: run: lakehouse metrics export\n")


def test_every_exposure_has_a_url_and_links_to_a_chart(definitions):
    urls = {each.name: each.url for each in definitions.manifest.exposures.values()}
    assert all(urls.values())
    anchors = {url.partition("#")[2] for url in urls.values() if url.startswith("dashboard.html#")}
    assert anchors and anchors <= charts(page(figures())).keys()
