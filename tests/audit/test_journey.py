"""The Complete Journey, a year of real-looking baskets, through to gold: `make audit JOURNEY=1`."""

import os
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

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
