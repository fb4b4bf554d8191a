"""Ten people at once, run in the container `tools`: prints their seconds alone and together."""

import json
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor

from lakehouse.settings import Settings
from lakehouse.thrift import Session

ROWS = 2_000_000
WIDE = f"""
    create or replace table default.wide using delta as
    select id, uuid() as code, id % 97 as kind, cast(id / 7 as decimal(18, 2)) as amount
    from range({ROWS})
"""
DASHBOARD = """
    select shopping_mall, category, invoice_month, sum(total_amount), count(*)
    from gold.fct_sales group by all
"""
JOIN = """
    select c.gender, d.is_weekend, sum(s.total_amount) from gold.fct_sales s
    join gold.dim_customers c using (customer_id)
    join gold.dim_dates d on d.date_day = s.invoice_date group by all
"""


def ask(statement: str) -> int:
    """The number of rows of a statement, all fetched."""
    with Session(Settings.from_environment()) as session:
        return sum(1 for _ in session.query(statement).rows)


def load() -> int:
    return subprocess.run(["lakehouse", "load", "--reprocess", "pos.sales"], check=True).returncode


def build() -> int:
    only = "--select", "fct_sales", "--exclude-resource-type", "unit_test"
    return subprocess.run(["dbt", "--quiet", "build", *only], check=True).returncode


def person(name: str) -> float:
    """Seconds that a person's work takes."""
    began = time.monotonic()
    kind = name.split()[0]
    if kind == "export":
        assert ask("select * from default.wide") == ROWS
    elif kind == "load":
        load()
    elif kind == "build":
        build()
    else:
        assert ask(DASHBOARD if kind == "dashboard" else JOIN)
    return round(time.monotonic() - began, 1)


KINDS = {"dashboard": 5, "export": 2, "load": 1, "build": 1, "join": 1}
PEOPLE = [f"{kind} {number}" for kind, count in KINDS.items() for number in range(count)]

if __name__ == "__main__":
    ask(WIDE)
    for kind in KINDS:
        person(kind)
    alone = {kind: person(kind) for kind in KINDS}
    with ProcessPoolExecutor(len(PEOPLE)) as pool:
        together = dict(zip(PEOPLE, pool.map(person, PEOPLE), strict=True))
    print(json.dumps({"alone": alone, "together": together}))
