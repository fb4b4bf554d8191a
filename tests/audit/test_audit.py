"""The audit finds nothing in what dbt builds, and names what differs where a rule is broken."""

import os
from dataclasses import replace

import pytest

from lakehouse.thrift import Session
from loaders.contract import contracts
from tests.audit.deliveries import FULL, WAYS, at_once, some_sample
from tests.audit.warehouse import TABLES, Warehouse
from tests.conftest import lakehouse

# `make audit` sets them. Without rounds, one sample is delivered at once: the rest takes minutes.
ROUNDS = int(os.environ.get("AUDIT_ROUNDS", "0"))
SEED = int(os.environ.get("AUDIT_SEED", "16"))


@pytest.fixture(scope="module")
def warehouse(built, server, tmp_path_factory):
    """A warehouse without the sources of the sample; afterwards they are empty again."""
    queries = {
        result["unique_id"].rpartition(".")[2]: result["compiled_code"] for result in built.results
    }
    tables = (*TABLES, "silver.int_payment_changes", "audit.findings")
    compiled = {table: queries[table.partition(".")[2]] for table in tables}
    settings = replace(server, landing=str(tmp_path_factory.mktemp("audit") / "landing"))
    with Session(server) as session:
        found = Warehouse(session, settings, contracts(built.manifest), compiled)
        yield found
        found.empty()
        found.load()


@pytest.fixture(scope="module")
def builds(warehouse) -> list[dict]:
    """Silver and gold of one sample, delivered in each of the ways; the warehouse keeps it."""
    found = []
    for way in WAYS if ROUNDS else (at_once,):
        warehouse.empty()
        for _ in way(FULL, warehouse.landing):
            warehouse.load()
        warehouse.build()
        found.append(warehouse.rows())
    warehouse.write("audit.findings")
    assert warehouse.differing() == set()
    return found


@pytest.fixture
def filled(warehouse, builds) -> Warehouse:
    """The warehouse with a sample."""
    return warehouse


def test_without_truth_nothing_is_compared(warehouse):
    shown = lakehouse("audit")
    assert (shown.exit_code, shown.output) == (0, "nothing to compare: no truth is loaded\n")


@pytest.mark.skipif(not ROUNDS, reason="takes minutes: make audit")
def test_any_order_of_the_files_gives_the_same_silver_and_gold(builds):
    assert builds[0] == builds[1] == builds[2]
    assert all(builds[0].values()), "an empty table would prove nothing"


def test_at_least_120_checks_pass(filled, session):
    [(checks, failed)] = session.execute(
        "select count(distinct `check`), count_if(not passed) from audit.findings"
    )
    assert checks >= 120 and failed == 0


def test_a_wrong_figure_of_the_truth_is_named(filled):
    truth = filled.landing / "truth" / "sample.jsonl"
    lines = truth.read_text()
    truth.write_text(lines + '{"name": "silver.int_orders.rows", "day": null, "expected": "-1"}\n')
    filled.load()
    filled.write("audit.findings")
    assert filled.differing() == {"silver.int_orders.rows"}


def test_broken_rules_are_named(filled):
    payment_changes = filled.compiled["silver.int_payment_changes"]
    broken = {
        # Each query with a rule, what stands there instead, and the check that names it.
        "gold.fct_orders": (
            "orders.ordered_at < customer_versions.valid_to",
            "false",
            "without_version",
        ),
        "gold.fct_order_items": (
            "to_date(orders.ordered_at) >= product_versions.valid_from",
            "product_versions.valid_to is null",
            "wrong_versions",
        ),
        "gold.ftr_customers": (
            "greatest(payment_changes.known_date, to_date(payment_changes.updated_at))",
            "payment_changes.transaction_date",
            "total_spend",
        ),
        "silver.int_orders": ("updated_at desc", "updated_at", "placed"),
        "silver.int_accounts": ("and not is_deleted", "", "rows"),
        "silver.int_sessions": ("30 minutes", "1 minute", "duration_seconds"),
        "silver.int_payments": (
            "silver.int_payment_changes",
            f"({payment_changes.replace('< rates.next_rate_date', '<= rates.rate_date')})",
            "amount_try",
        ),
        "silver.set_aside": (
            *("rejection_reason is not null", "false"),
            "shop_order_items.order_is_unknown",
        ),
    }
    for table, (rule, instead, _) in broken.items():
        filled.write(table, rule, instead)
    filled.write("audit.findings")
    assert {f"{table}.{check}" for table, (*_, check) in broken.items()} <= filled.differing()


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_a_random_sample_has_the_figures_of_its_truth(warehouse, seed):
    warehouse.empty()
    for _ in at_once(some_sample(seed), warehouse.landing):
        warehouse.load()
    warehouse.build()
    warehouse.write("audit.findings")
    assert warehouse.differing() == set(), some_sample(seed)
