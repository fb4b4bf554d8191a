"""The audit finds nothing in silver as it is, and names what differs in silver that is broken."""

import os
from pathlib import Path

import pytest

from lakehouse.thrift import Session
from tests.audit.deliveries import WAYS, at_once, some_sample
from tests.audit.warehouse import TABLES, Warehouse
from tests.conftest import lakehouse

# `make audit` sets them.
ROUNDS = int(os.environ.get("AUDIT_ROUNDS", "1"))
SEED = int(os.environ.get("AUDIT_SEED", "16"))


@pytest.fixture(scope="module")
def warehouse(built, server, tmp_path_factory):
    """A warehouse without the sources of the sample; afterwards they are empty again."""
    folder = Path(os.environ["DBT_TARGET_PATH"], "compiled", "retail_lakehouse", "models")
    files = {path.stem: path for path in folder.rglob("*.sql") if path.is_file()}
    compiled = {table: files[table.partition(".")[2]].read_text() for table in TABLES}
    before = os.environ["LAKEHOUSE_LANDING"]
    landing = tmp_path_factory.mktemp("audit") / "landing"
    os.environ["LAKEHOUSE_LANDING"] = str(landing)
    with Session(server) as session:
        found = Warehouse(session, landing, compiled)
        yield found
        found.empty()
        found.load()
        found.build()
    os.environ["LAKEHOUSE_LANDING"] = before


@pytest.fixture(scope="module")
def filled(warehouse) -> Warehouse:
    """The warehouse with a sample in which every kind of defect is."""
    warehouse.empty()
    for _ in at_once(some_sample(3), warehouse.landing):
        warehouse.load()
    warehouse.build()
    return warehouse


def test_without_truth_nothing_is_compared(warehouse):
    shown = lakehouse("audit")
    assert (shown.exit_code, shown.output) == (0, "nothing to compare: no truth is loaded\n")


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_any_order_of_the_files_gives_the_same_silver(warehouse, seed):
    sample, silver = some_sample(seed), []
    for way in WAYS:
        warehouse.empty()
        for _ in way(sample, warehouse.landing):
            warehouse.load()
        warehouse.build()
        assert warehouse.differing() == set(), (sample, way.__name__)
        silver.append(warehouse.silver())
    assert silver[0] == silver[1] == silver[2]


def test_at_least_60_checks_pass(filled, session):
    [(checks, failed)] = session.execute(
        "select count(distinct `check`), count_if(not passed) from audit.findings"
    )
    assert checks >= 60 and failed == 0


BROKEN = [
    # Rule, model, what its query has, what it has instead, and checks that then differ.
    (
        "the latest change",
        "int_orders",
        "updated_at desc",
        "updated_at",
        "silver.int_orders.placed",
    ),
    ("deletion", "int_accounts", "and not is_deleted", "", "silver.int_accounts.rows"),
    (
        "30 minutes",
        "int_sessions",
        "30 minutes",
        "1 minute",
        "silver.int_sessions.duration_seconds",
    ),
    (
        "orphans",
        "set_aside",
        "rejection_reason is not null",
        "false",
        "silver.set_aside.shop_order_items.order_is_unknown",
    ),
    (
        "rates",
        "int_payments",
        "< rates.next_rate_date",
        "<= rates.rate_date",
        "silver.int_payments.amount_try",
    ),
]


@pytest.mark.parametrize(
    ("model", "rule", "instead", "check"),
    [row[1:] for row in BROKEN],
    ids=[row[0] for row in BROKEN],
)
def test_a_broken_rule_is_named(filled, model, rule, instead, check):
    query = next(sql for table, sql in filled.compiled.items() if table.endswith(f".{model}"))
    assert rule in query
    filled.build(**{model: query.replace(rule, instead)})
    assert check in filled.differing()
    filled.build()
    assert filled.differing() == set()


def test_a_wrong_figure_of_the_truth_is_named(filled):
    truth = filled.landing / "truth" / "sample.jsonl"
    lines = truth.read_text()
    truth.write_text(lines + '{"name": "silver.int_orders.rows", "day": null, "expected": "-1"}\n')
    filled.load()
    filled.build()
    assert filled.differing() == {"silver.int_orders.rows"}
