"""Benchmark: incremental runs of two models by their change feeds, against full refreshes.

python benchmarks/build/bench.py       (starts its own server; takes ten minutes)

A table of sales is made up, and two models are built from it: one row per invoice, and a fact by
month that joins the customers. Each row of the output is one arrival, and the seconds of the two
models after it, divided by those of their full refreshes in the same run. The server is warm.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from lakehouse.settings import Settings
from ops import server
from tests.packages.change_feed import FEED, Project, project

SALES = """
select
    concat('I', lpad(id, 10, '0')) as invoice_id,
    concat('C', id % 50000) as customer_id,
    cast(id % 97 + {delivery} as decimal(18, 2)) as amount,
    date_add(date '2024-01-01', cast(id * {days} div {rows} as int)) as invoice_date,
    {delivery} as delivery
from range({first}, {last}, {step})
"""
INT_SALES = """
{{ config(unique_key='invoice_id') }}
select invoice_id, customer_id, amount, invoice_date
from (
    select
        *,
        row_number() over (
            partition by invoice_id order by delivery desc, struct(customer_id, amount) desc
        ) as version_number
    from {{ source('raw', 'sales') }}
)
where version_number = 1
"""
FCT_SALES = """
{{ config(
    unique_key='invoice_id', partition_by='invoice_month',
    changes_by={'int_sales': 'invoice_id', 'members': 'customer_id'},
) }}
select
    sales.invoice_id, sales.customer_id, members.segment, sales.amount, sales.invoice_date,
    trunc(sales.invoice_date, 'month') as invoice_month
from {{ ref('int_sales') }} as sales
left join {{ source('raw', 'members') }} as members on sales.customer_id = members.customer_id
"""
SOURCES = """
sources:
  - name: raw
    schema: "{{ target.schema }}"
    tables:
      - {name: sales, identifier: raw_sales}
      - {name: members, identifier: raw_members}
"""
SELECTED = ("run", "-s", "int_sales", "fct_sales")
COSTS = "{change_feed_max_share: 0.5, change_feed_min_seconds: 3}"


def sales(rows: int, delivery: int, first: int, last: int, step: int = 1) -> str:
    """A query of sales; `rows` are those of two years."""
    return SALES.format(rows=rows, days=730, delivery=delivery, first=first, last=last, step=step)


def fill(made: Project, rows: int) -> None:
    """Write the models, and the tables that they read."""
    made.execute(f"create or replace table raw.sales {FEED} as {sales(rows, 1, 0, rows)}")
    made.execute(
        f"create or replace table raw.members {FEED} as select concat('C', id) as customer_id, "
        "concat('S', id % 5) as segment from range(50000)"
    )
    for file in (made.folder / "models").rglob("*"):
        if file.is_file():
            file.unlink()
    (made.folder / "models" / "sources.yml").write_text(SOURCES)
    made.model("int_sales", INT_SALES)
    made.model("fct_sales", FCT_SALES)


def timed(made: Project, *arguments: str) -> tuple[dict[str, float], dict[str, str]]:
    """Seconds of both models, and what was done."""
    built = made.dbt(*SELECTED, "--vars", COSTS, *arguments)
    if not built.success:
        raise click.ClickException("\n".join(built.output[-20:]))
    return built.seconds, built.said


def measure(made: Project, rows: int) -> Iterator[str]:
    """Rows of the table of results."""
    share = rows // 100
    timed(made)
    # A server's first MERGEs are the slowest.
    for warm_up in (rows - 20, rows - 10):
        made.execute(f"insert into raw.sales {sales(rows, 0, warm_up, warm_up + 10)}")
        made.execute(f"insert into raw.sales {sales(rows, 5, warm_up, warm_up + 10)}")
        timed(made)
    full, _ = timed(made, "--full-refresh")
    arrivals = {
        "nothing new": "",
        "1 % new, recent": sales(rows, 2, rows, rows + share),
        "1 % corrected, of the last week": sales(rows, 3, rows - share, rows),
        "1 % corrected, over all history": sales(rows, 4, 0, rows, 100),
    }
    for name, query in arrivals.items():
        if query:
            made.execute(f"insert into raw.sales {query}")
        seconds, said = timed(made)
        for model in ("int_sales", "fct_sales"):
            ratio = seconds[model] / full[model]
            yield (
                f"| {name} | {model} | {full[model]:.1f} s | {seconds[model]:.1f} s | {ratio:.2f} "
                f"| {said[model]} |"
            )
    wrong = made.differing(made.dbt("compile", "-s", "int_sales", "fct_sales"))
    if wrong:
        raise click.ClickException(f"not equal to their full refresh: {wrong}")


@click.command()
@click.option("--rows", default=10_000_000, show_default=True)
@click.option("--port", default=10_930, show_default=True)
def main(rows: int, port: int) -> None:
    with tempfile.TemporaryDirectory(prefix="lakehouse-build-") as name:
        root = Path(name)
        settings = Settings(root / "home", str(root / "landing"), "127.0.0.1", port)
        server.start(settings)
        try:
            with project(settings, "build_benchmark", root) as made:
                fill(made, rows)
                print("| Arrival | Model | Full refresh | Run | Ratio | What it did |")
                print("|---|---|---|---|---|---|")
                for line in measure(made, rows):
                    print(line, flush=True)
        finally:
            server.stop(settings)


if __name__ == "__main__":
    sys.exit(main())
