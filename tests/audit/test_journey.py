"""The Complete Journey, a year of real-looking baskets, through to gold: `make audit JOURNEY=1`."""

import os
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pandas as pd
import pytest

from sample.journey_data import data_folder
from tests.audit.warehouse import Warehouse

pytestmark = pytest.mark.skipif(
    not os.environ.get("AUDIT_JOURNEY"),
    reason="takes minutes, and a package: make audit JOURNEY=1",
)
MICRO = Decimal("0.000001")
FEATURES = (
    "purchase_frequency",
    "total_spend",
    "average_transaction_value",
    "recency_days",
    "transaction_frequency_last_30_days",
)
# What each fact has, in DuckDB: from the package's parquet files and nothing else.
PACKAGE = """
create view transactions as from read_parquet('{folder}/transactions.parquet');
create view campaigns as from read_parquet('{folder}/campaigns.parquet');
create view campaign_starts as from read_parquet('{folder}/campaign_descriptions.parquet');
create view redemptions as from read_parquet('{folder}/coupon_redemptions.parquet');
create table fct_orders as
    select concat('C', min(household_id)) as customer_id, basket_id, count(*) as line_count,
        sum(quantity) as quantity, sum(sales_value::decimal(18, 2)) as revenue,
        min(transaction_timestamp) as ordered_at, ordered_at::date as day,
        ordered_at > min(ordered_at) over (partition by customer_id) as is_repeat_order
    from transactions group by basket_id;
create table fct_order_items as
    select customer_id, day, transactions.quantity, sales_value::decimal(18, 2) as revenue
    from transactions join fct_orders using (basket_id);
create view fct_payments as from fct_orders;
create table fct_interactions as
    select concat('C', household_id) as customer_id, start_date::date as day, true as is_mail
    from campaigns join campaign_starts using (campaign_id)
    union all
    select concat('C', household_id), redemption_date::date, false from redemptions;
"""
# Of each fact, its day and its totals in gold, and the same totals in DuckDB.
TOTALS = {
    "fct_orders": (
        "order_date",
        """count(*), sum(line_count), sum(quantity), sum(revenue), sum(paid_amount_try),
            sum(refunded_amount_try), count_if(is_paid), count_if(is_repeat_order),
            count_if(is_cancelled)""",
        """count(*), sum(line_count), sum(quantity), sum(revenue), sum(revenue),
            0, count_if(revenue > 0), count_if(is_repeat_order),
            0""",
    ),
    "fct_order_items": (
        "order_date",
        "count(*), sum(quantity), sum(revenue), sum(gross_amount - discount_amount)",
        "count(*), sum(quantity), sum(revenue), sum(revenue)",
    ),
    "fct_payments": (
        "transaction_date",
        "count(*), sum(amount), sum(amount_try), count_if(is_settled), count_if(is_refund)",
        "count(*), sum(revenue), sum(revenue), count(*), 0",
    ),
    "fct_interactions": (
        "interaction_date",
        "count(*), count_if(interaction_type = 'campaign_mail'), count(satisfaction)",
        "count(*), count_if(is_mail), 0",
    ),
}


@pytest.fixture(scope="module")
def journey(other) -> Warehouse:
    """The warehouse with all files of the package."""
    from sample.completejourney import write_journey  # Needs polars.

    other.empty()
    write_journey(other.landing, data_folder())
    other.load()
    other.build()
    other.write("audit.findings")
    return other


def test_every_line_of_the_package_is_in_gold(journey):
    [(lines,)] = journey.session.execute("select count(*) from gold.fct_order_items")
    assert lines == 1_469_307
    assert journey.differing() == set()


@pytest.fixture(scope="module")
def package() -> duckdb.DuckDBPyConnection:
    """DuckDB with the facts as the package's files have them."""
    db = duckdb.connect()
    db.execute(PACKAGE.format(folder=data_folder()))
    return db


@pytest.mark.parametrize("fact", TOTALS)
def test_the_totals_of_a_fact_are_those_of_duckdb(journey, package, fact):
    """Of each day, and of each customer."""
    day, found, wanted = TOTALS[fact]
    for gold_key, key in ((f"{day}::string", "day::string"), ("customer_id", "customer_id")):
        rows = journey.session.execute(f"select {gold_key}, {found} from gold.{fact} group by 1")
        expected = package.sql(f"select {key}, {wanted} from {fact} group by 1").fetchall()
        assert len(expected) > 1 and sorted(rows) == sorted(expected), (fact, key)


def test_the_facts_of_the_tracker_are_empty(journey):
    """The package has no sessions and no events."""
    for fact in ("fct_sessions", "fct_events"):
        assert journey.session.execute(f"select count(*) from gold.{fact}") == [(0,)], fact


@pytest.mark.parametrize("day", [date(2017, 1, 31), date(2017, 7, 31), date(2017, 12, 31)], ids=str)
def test_the_features_of_a_day_are_those_of_pandas(journey, day):
    found = journey.session.execute(
        f"""select customer_id, {", ".join(FEATURES)} from gold.ftr_customers
        where as_of_date = '{day}' and purchase_frequency > 0"""
    )
    assert {customer: features for customer, *features in found} == pandas_features(day)


def pandas_features(day: date) -> dict[str, list]:
    """Features by customer, from the baskets of the package that have a value."""
    lines = pd.read_parquet(
        data_folder() / "transactions.parquet",
        columns=["household_id", "basket_id", "sales_value", "transaction_timestamp"],
    )
    lines["cents"] = (lines["sales_value"] * 100).round().astype("int64")
    lines["day"] = lines["transaction_timestamp"].dt.date
    baskets = lines.groupby("basket_id").agg(
        customer=("household_id", "first"), day=("day", "first"), cents=("cents", "sum")
    )
    baskets = baskets[(baskets["cents"] > 0) & (baskets["day"] <= day)]
    baskets["age"] = [(day - each).days for each in baskets["day"]]
    baskets["recent"] = baskets["age"] < 30
    sums = baskets.groupby("customer").agg(
        count=("cents", "size"),
        cents=("cents", "sum"),
        age=("age", "min"),
        recent=("recent", "sum"),
    )
    return {
        f"C{customer}": [
            int(count),
            Decimal(int(cents)).scaleb(-2),
            (Decimal(int(cents)).scaleb(-2) / int(count)).quantize(MICRO, ROUND_HALF_UP),
            int(age),
            int(recent),
        ]
        for customer, count, cents, age, recent in sums.itertuples()
    }
