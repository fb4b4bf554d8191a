"""Benchmark: a point look-up by customer, before and after `lakehouse maintain` with a Z-order.

python benchmarks/maintain/bench.py [ROWS]   (on the running server; writes the schema `bench`)

The rows of 20,000 customers arrive in 40 commits of 8 files, in no order. OPTIMIZE writes files of
250 kB, because 2,000,000 rows would fit into one of its default size. "Read" counts the files whose
smallest and largest customer, which Delta's statistics have, leave the customer possible.
"""

import statistics
import time

import click

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops.maintenance.rules import Policy, Table
from ops.maintenance.run import maintain

NAME = "bench.sales"
COMMITS = 40
CUSTOMERS = 20_000
FILE_BYTES = 250_000
LOOK_UPS = 7


def files(session: Session, customer: int | None = None) -> int:
    """The files that a query of a customer, or of all rows, has to open."""
    where = f"where {customer} between low and high" if customer is not None else ""
    [(count,)] = session.execute(f"""
select count(*) from (
    select min(customer_id) as low, max(customer_id) as high
    from {NAME} group by input_file_name()
) {where}""")
    return count


def look_up(session: Session, customer: int) -> tuple[float, int, object]:
    """Median seconds of the look-up, the files that it opens, and its answer."""
    seconds = []
    for _ in range(LOOK_UPS):
        began = time.monotonic()
        answer = session.execute(
            f"select count(*), sum(amount) from {NAME} where customer_id = {customer}"
        )
        seconds.append(time.monotonic() - began)
    return statistics.median(seconds), files(session, customer), answer


@click.command()
@click.argument("rows", default=2_000_000)
def main(rows: int) -> None:
    """Write ROWS rows, look up, maintain, and look up again."""
    with Session(Settings.from_environment()) as session:
        session.execute(f"set spark.databricks.delta.optimize.maxFileSize={FILE_BYTES}")
        session.execute("create schema if not exists bench")
        session.execute(f"drop table if exists {NAME}")
        session.execute(f"""
create table {NAME} (invoice_id bigint, customer_id int, amount decimal(10, 2), note string)
using delta""")
        part = rows // COMMITS
        for commit in range(COMMITS):
            session.execute(f"""
insert into {NAME} select /*+ repartition(8) */ id, pmod(hash(id), {CUSTOMERS}),
    cast(pmod(hash(id, 1), 100000) / 100 as decimal(10, 2)), sha(string(id))
from range({commit * part}, {(commit + 1) * part})""")
        table = Table(NAME, "sales", Policy(COMMITS, 7, ("customer_id",)))
        before = look_up(session, 4711), files(session)
        click.echo(maintain(session, table, lambda *_: []).sentence)
        after = look_up(session, 4711), files(session)
        assert before[0][2] == after[0][2], (before, after)
        for name, ((seconds, read, _), every) in (("before", before), ("after", after)):
            skipped = 100 * (1 - read / every)
            click.echo(
                f"{name}: {read} of {every} files read, {skipped:.2f} % skipped, {seconds:.3f} s"
            )


if __name__ == "__main__":
    main()
