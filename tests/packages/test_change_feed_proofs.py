"""The package dbt_change_feed under what happens to a warehouse: `make change-feed` runs these."""

import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from tests.packages.change_feed import MODEL, SEED, mode, order, project, running, takes_long
from tests.servers import free_port, kill, kill_server, restart_server, start

pytestmark = takes_long

LATEST = """
{{ config(unique_key='order_id') }}
select order_id, latest.amount
from (
    select order_id, max(struct(updated_at, is_test as is_gone, amount)) as latest
    from {{ source('raw', 'orders') }}
    group by order_id
)
where not latest.is_gone
"""
VERSIONS = """
{{ config(unique_key=['order_id', 'valid_from'], changes_by={'orders': 'order_id'}) }}
select
    order_id,
    state.amount,
    state.is_gone,
    valid_from,
    lead(valid_from) over (partition by order_id order by valid_from) as valid_to
from (
    select order_id, updated_at as valid_from, max(struct(is_test as is_gone, amount)) as state
    from {{ source('raw', 'orders') }}
    group by order_id, updated_at
)
"""
LINES = """
{{ config(unique_key='order_id', partition_by='month') }}
select
    order_id,
    latest.customer,
    latest.amount,
    latest.order_date as day,
    trunc(latest.order_date, 'month') as month
from (
    select order_id, max(struct(updated_at, amount, customer, order_date)) as latest
    from {{ source('raw', 'orders') }}
    group by order_id
)
"""
MONTHS = """
{{ config(partition_by='month', changes_by={'trial': {"trunc(day, 'month')": 'month'}}) }}
select trunc(day, 'month') as month, customer, count(*) as orders, sum(amount) as amount
from {{ ref('trial') }}
group by month, customer
"""


def changes(count: int, seed: int) -> list[str]:
    """Rows of orders: 20 in a hundred delete their order, 15 arrive twice."""
    dice = random.Random(seed)
    rows = []
    for time_ in range(count):
        is_gone = str(dice.random() < 0.2).lower()
        key, amount = dice.randrange(count // 5), dice.randrange(1000)
        minutes = f"timestamp '2026-01-01 00:00:00' + make_interval(0, 0, 0, 0, 0, {time_})"
        row = f"('o{key}', 'c1', {amount}, date '2026-01-01', {minutes}, 'f', {is_gone})"
        rows += [row] * (2 if dice.random() < 0.15 else 1)
    return rows


def test_one_sorted_batch_equals_eight_shuffled_ones(made):
    made.model("latest", LATEST)
    made.model("versions", VERSIONS)
    rows = changes(400, SEED)
    tables = []
    for batches in (1, 8):
        for table in ("latest", "versions"):
            made.execute(f"drop table if exists {{s}}.{table}")
        made.empty()
        if batches > 1:
            random.Random(SEED).shuffle(rows)
        for batch in range(batches):
            made.execute(f"insert into raw.orders values {', '.join(rows[batch::batches])}")
            built = made.dbt("run", "-s", "latest", "versions")
            assert built.success
            expected = "full" if batch == 0 else "incremental"
            assert set(built.modes) == {expected}
        tables.append((made.rows("latest"), made.rows("versions")))
    assert tables[0] == tables[1]
    latest, versions = tables[0]
    open_versions = [
        (key, amount) for key, amount, is_gone, _, valid_to in versions if not (valid_to or is_gone)
    ]
    assert latest == open_versions


def test_two_builds_at_once_and_a_loader_beside_them(orders, server):
    orders.execute(order("o9", 5))
    stop = threading.Event()

    def load() -> None:
        """As a loader beside a build, in a connection of its own."""
        with Session(server) as session:
            beside, number = replace(orders, session=session), 0
            while not stop.is_set():
                number += 1
                beside.execute(order(f"o{number % 7}", number))
                time.sleep(0.2)

    loader = threading.Thread(target=load)
    loader.start()
    try:
        for _ in range(3):
            with running(orders, "-s", "trial") as one, running(orders, "-s", "trial") as other:
                one.communicate()
                other.communicate()
                assert 0 in (one.returncode, other.returncode)
    finally:
        stop.set()
        loader.join()
    keys = [key for key, _ in orders.rows("trial")]
    assert len(keys) == len(set(keys)) > 3
    orders.run("trial")
    assert orders.equal("trial")


def test_a_deferred_upstream_is_followed(orders, tmp_path, monkeypatch):
    """The upstream, and a view of it, are in the schema of production only."""
    orders.model("seen", "{{ config(materialized='view') }} select * from {{ ref('trial') }}")
    child = "{{ config(unique_key='order_id') }} select * from {{ ref('seen') }}"
    orders.model("child", child)
    try:
        assert orders.dbt("run", "-s", "trial", "seen", "child").success
        shutil.copytree(orders.folder / "target", tmp_path / "state")
        monkeypatch.setenv("CHANGE_FEED_SCHEMA", "change_feed_dev")
        dev, deferred = replace(orders, schema="change_feed_dev"), ("--defer", "--state")
        options = (*deferred, str(tmp_path / "state"))
        dev.execute("drop table if exists {s}.child")
        assert dev.run("child", *options) == "full (first run)"
        monkeypatch.setenv("CHANGE_FEED_SCHEMA", orders.schema)
        orders.execute(order("o1", 99))
        orders.run("trial")
        monkeypatch.setenv("CHANGE_FEED_SCHEMA", "change_feed_dev")
        assert dev.run("child", *options).startswith("incremental")
        assert dev.rows("child") == [("o0", 10), ("o1", 99), ("o2", 10)]
    finally:
        orders.forget_model("child")
        orders.forget_model("seen")


def test_a_clone_is_refreshed_in_full_once(orders, tmp_path, monkeypatch):
    orders.model("trial", MODEL, file_format="'delta'")  # dbt-spark clones no other format.
    orders.run("trial")
    shutil.copytree(orders.folder / "target", tmp_path / "state")
    monkeypatch.setenv("CHANGE_FEED_SCHEMA", "change_feed_dev")
    dev = replace(orders, schema="change_feed_dev")
    dev.empty()
    dev.execute(order("o7", 7))
    dev.execute("drop table if exists {s}.trial")
    assert dev.dbt("clone", "-s", "trial", "--state", str(tmp_path / "state")).success
    assert dev.rows("trial") == orders.rows("trial")
    assert dev.run("trial").startswith("full (")
    assert dev.rows("trial") == [("o7", 7)]
    assert dev.run("trial") == "nothing (nothing new)"
    assert len(orders.rows("trial")) == 3


@pytest.fixture
def own_server(tmp_path, monkeypatch) -> Iterator[Settings]:
    """A server that a test may kill."""
    settings = Settings(tmp_path / "home", str(tmp_path), "127.0.0.1", free_port())
    monkeypatch.setenv("LAKEHOUSE_THRIFT_PORT", str(settings.port))
    start(settings)
    yield settings
    kill_server(settings)


def test_a_killed_server(own_server, tmp_path):
    """Killed when the run has its plan, and at later times of the MERGE; then `dbt run` again."""
    with project(own_server, "change_feed_killed", tmp_path) as made:
        made.model("trial", MODEL)
        made.execute(
            "insert into raw.orders select concat('o', id), 'c1', 1, date '2026-01-01', "
            "timestamp '2026-01-01 00:00:00', 'f', false from range(500000)"
        )
        assert made.run("trial") == "full (first run)"
        for seconds in (0, 0.3, 0.8, 2):
            with Session(own_server) as session:
                arriving = replace(made, session=session)
                arriving.execute(
                    "update raw.orders set amount = amount + 1 where hash(order_id) % 3 = 0"
                )
            with running(made, "-s", "trial") as build:
                assert any("trial: incremental" in line for line in build.stdout)
                time.sleep(seconds)
                kill(own_server)
            restart_server(own_server)
            with Session(own_server) as session:
                after = replace(made, session=session)
                assert mode(after.run("trial")) in {"incremental", "nothing"}
                assert after.equal("trial")


@pytest.mark.skipif(
    not os.environ.get("CHANGE_FEED_JOURNEY"),
    reason="takes half an hour, and a package: make change-feed JOURNEY=1",
)
def test_a_year_of_baskets_day_by_day(made):
    """Lines of Complete Journey. Every tenth day an earlier one is delivered again, corrected."""
    from sample.journey_data import data_folder

    made.model("trial", LINES)
    made.model("months", MONTHS)
    made.empty()
    lines = f"parquet.`{data_folder() / 'transactions.parquet'}`"
    row = (
        "select concat_ws('-', basket_id, product_id), household_id, cast({amount} as decimal(18, "
        "2)), to_date(transaction_timestamp), {time}, cast(to_date(transaction_timestamp) as "
        f"string), false from {lines} where to_date(transaction_timestamp) = date '{{day}}'"
    )
    days = [
        str(day)
        for (day,) in made.execute(
            f"select distinct to_date(transaction_timestamp) from {lines} order by 1"
        )
    ]
    modes: Counter[str] = Counter()
    try:
        for number, day in enumerate(days):
            made.execute(
                "insert into raw.orders "
                + row.format(amount="sales_value", time="transaction_timestamp", day=day)
            )
            if number % 10 == 9:
                late = days[random.Random(number).randrange(number)]
                made.execute(
                    "insert into raw.orders "
                    + row.format(
                        amount="sales_value + 1", time=f"timestamp '{day} 23:59:59'", day=late
                    )
                )
            built = made.dbt("run", "-s", "trial", "months")
            assert built.success, "\n".join(built.output[-20:])
            modes.update(built.modes)
        assert made.differing(made.dbt("compile", "-s", "trial", "months")) == {}
        assert modes == {"full": 2, "incremental": 2 * len(days) - 2}
    finally:
        made.forget_model("months")
