"""The audit finds nothing in what dbt builds, and names what differs where a rule is broken."""

import os
import re
from dataclasses import replace

import pytest

from tests.audit.deliveries import FULL, WAYS, at_once, day_by_day, some_sample
from tests.audit.warehouse import TABLES
from tests.conftest import dbt

# `make audit` sets them. Without rounds, only the sample that all tests of gold share is audited.
ROUNDS = int(os.environ.get("AUDIT_ROUNDS", "0"))
SEED = int(os.environ.get("AUDIT_SEED", "16"))


def test_at_least_120_checks_pass(built, session):
    [(checks, failed)] = session.execute(
        "select count(distinct `check`), count_if(not passed) from audit.findings"
    )
    assert checks >= 120 and failed == 0


def test_broken_rules_and_a_wrong_truth_are_named(warehouse, session):
    payment_changes = warehouse.compiled["silver.int_payment_changes"]
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
            f"({payment_changes.replace('< rates.valid_to', '<= rates.valid_from')})",
            "amount_try",
        ),
        "silver.set_aside": (
            *("rejection_reason is not null", "false"),
            "shop_order_items.order_is_unknown",
        ),
    }
    built = {
        table: session.execute(f"describe history {table} limit 1")[0][0]
        for table in (*broken, "audit.findings")
    }
    session.execute("insert into bronze.audit_truth (name, expected) values ('wrong', 1)")
    try:
        for table, (rule, instead, _) in broken.items():
            warehouse.write(table, rule, instead)
        warehouse.write("audit.findings")
        named = {f"{table}.{check}" for table, (*_, check) in broken.items()} | {"wrong"}
        assert named <= warehouse.differing()
    finally:
        session.execute("delete from bronze.audit_truth where name = 'wrong'")
        for table, version in built.items():
            session.execute(f"restore table {table} to version as of {version}")
    assert warehouse.differing() == set()


@pytest.mark.skipif(not ROUNDS, reason="takes minutes: make audit")
def test_any_order_of_the_files_gives_the_same_silver_and_gold(other):
    builds = []
    for way in WAYS:
        other.empty()
        for _ in way(FULL, other.landing):
            other.load()
        other.build()
        other.write("audit.findings")
        assert other.differing() == set()
        builds.append(other.rows())
    assert builds[0] == builds[1] == builds[2]
    assert all(builds[0].values()), "an empty table would prove nothing"


@pytest.mark.skipif(not ROUNDS, reason="takes minutes: make audit")
def test_ten_days_built_daily_equal_one_full_build(other):
    """The models of change_feed follow the changes, however few rows the sample has."""
    follow = ("--vars", "{change_feed_min_seconds: 0, change_feed_max_share: 100}")
    built = ("-s", *(table.partition(".")[2] for table in TABLES))
    other.empty()
    modes = set()
    for _ in day_by_day(replace(FULL, days=10), other.landing):
        other.load()
        done = dbt("run", *built, *follow)
        assert done.returncode == 0, done.stdout
        modes |= set(re.findall(r": (incremental|nothing) \(", done.stdout))
    daily = other.rows()
    other.write("audit.findings")
    assert other.differing() == set()
    other.build()
    assert daily == other.rows()
    assert modes == {"incremental", "nothing"}


@pytest.mark.parametrize("seed", range(SEED, SEED + ROUNDS))
def test_a_random_sample_has_the_figures_of_its_truth(other, seed):
    other.empty()
    for _ in at_once(some_sample(seed), other.landing):
        other.load()
    other.build()
    other.write("audit.findings")
    assert other.differing() == set(), some_sample(seed)
