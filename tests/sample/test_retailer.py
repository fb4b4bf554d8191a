"""The retailer is believable: bounds of its figures, over four weeks without defects."""

from dataclasses import replace
from datetime import date

import pytest

from sample.catalogue import Catalogue, Product, versions
from sample.chance import Dice
from tests.sample.conftest import CRM
from tests.sample.delivered import database

STEPS = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")


@pytest.fixture(scope="module")
def db(month):
    return database(month)


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def test_the_weekend_has_more_sessions_than_monday_to_wednesday(db):
    days = "select isodow(session_start) as day, count(*) as n from latest_web_sessions group by 1"
    ratio = f"select avg(n) filter (day >= 6) / avg(n) filter (day <= 3) from ({days})"
    assert 1.1 < one(db, ratio) < 1.5


def test_december_has_more_orders_than_february():
    from sample.retailer import MONTHS

    assert sum(MONTHS) == pytest.approx(12, abs=0.1) and MONTHS[11] > MONTHS[1]


def test_each_step_of_the_funnel_has_fewer_sessions(db):
    sessions = [
        one(
            db,
            f"select count(distinct session_id) from latest_web_events where event_type = '{step}'",
        )
        for step in STEPS
    ]
    assert sessions == sorted(set(sessions), reverse=True)
    assert 0.1 < sessions[-1] / sessions[0] < 0.2


def test_every_order_comes_from_a_session_and_is_paid(db):
    orders = one(db, "select count(*) from latest_shop_orders")
    assert orders == one(db, "select count(*) from latest_web_events where event_type = 'purchase'")
    unpaid = """select count(*) from latest_shop_orders o anti join (
        from latest_shop_payments where status in ('completed', 'pending')) using (order_id)"""
    assert one(db, unpaid) == 0
    assert 22 < orders / 28 < 38


def test_many_customers_buy_again_and_most_do_not(db):
    orders = "select count(*) as n from latest_shop_orders group by customer_id"
    assert 0.2 < one(db, f"select avg((n > 1)::int) from ({orders})") < 0.6
    assert one(db, f"select max(n) from ({orders})") >= 9


def test_payments_amount_to_the_items(db):
    items = one(
        db, "select sum(quantity * unit_price - discount_amount) from latest_shop_order_items"
    )
    paid = """select sum(amount * case currency when 'TRY' then 1 when 'EUR' then 20
        when 'USD' then 18.8 else 22.7 end) from latest_shop_payments
        where amount > 0 and status in ('completed', 'pending')"""
    assert float(one(db, paid)) == pytest.approx(float(items), rel=0.0005)


def test_prices_change_and_orders_have_the_price_of_their_day(db, month):
    prices = (
        "select count(distinct unit_price) as n from latest_shop_order_items group by product_id"
    )
    assert one(db, f"select max(n) from ({prices})") > 1
    assert one(db, f"select count(*) from '{month}/shop/products/2023-01-01.parquet'") >= 240
    assert one(db, "select min(list_price - unit_cost) from shop_products") > 0


def test_the_newest_price_list_has_all_versions_of_the_earlier_ones(db, month):
    lists = sorted((month / "shop/products").glob("*.parquet"))
    assert len(lists) > 4
    for earlier in lists:
        gone = f"from '{earlier}' except select * exclude (file_day) from shop_products"
        assert db.execute(gone).fetchall() == []
    assert (
        one(db, "select count(*) - count(distinct (product_id, valid_from)) from shop_products")
        == 0
    )
    changed = "select count(distinct {}) as n from shop_products group by product_id"
    for column in ("list_price", "unit_cost"):
        assert one(db, f"select max(n) from ({changed.format(column)})") > 1


def test_two_changes_of_a_product_on_one_day_are_one_version():
    day, catalogue, dice = date(2023, 1, 2), Catalogue(), Dice(1)
    catalogue.open(date(2023, 1, 1), dice)
    for _ in range(200):
        catalogue.live(day, dice)
    listed = [one for one in catalogue.price_list.values() if one.product_id == "P00001"]
    assert len(listed) == 2 and listed[-1] == catalogue.products[0]


def test_a_row_of_the_price_list_that_changes_nothing_is_no_version():
    row = Product("P1", "Mug", "Souvenir", 100, 200, date(2023, 1, 1))
    again = replace(row, valid_from=date(2023, 1, 2))
    dearer = replace(again, list_price=300, valid_from=date(2023, 1, 3))
    assert versions([dearer, again, row]) == [row, dearer]


def test_most_accounts_are_customers_of_the_crm_and_some_are_not(db):
    known = f"from '{CRM}/*/*.parquet' c where c.customer_id = a.customer_id"
    share = f"select avg(exists ({known})::int) from latest_shop_accounts a"
    assert 0.85 < one(db, share) < 0.95


def test_the_shop_grows(db):
    opened = "select count(*) from latest_shop_accounts where registration_date >= '2023-01-01'"
    assert 28 < one(db, opened) < 28 * 5


def test_sessions_last_from_their_first_event_to_after_their_last(db):
    outside = """select count(*) from latest_web_sessions s join latest_web_events e
        using (session_id) where event_timestamp not between session_start and session_end"""
    assert one(db, outside) == 0
    assert one(db, "select count(*) from latest_web_sessions where session_end is null") <= 1
