"""The truth of the generator is what a second count finds in the files."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain

import pytest

from ops.sample import RATES
from sample.chance import Dice
from sample.defects import Rates
from sample.gold import known
from sample.retailer import Retailer, Sample
from sample.writing import exchange_rates, write_sample
from tests.sample.conftest import SMALL, by_name
from tests.sample.count import count
from tests.sample.count_gold import count_gold
from tests.sample.delivered import COLUMNS, KEYS, database, has_key

KINDS = [
    "exact_duplicates", "newer_versions", "late_rows", "corrected_files", "deletions", "null_keys",
    "unknown_customers", "unknown_products", "orphan_items", "open_sessions", "malformed_lines",
    "wrong_types",
]  # fmt: skip


def compared(figures):
    """Of bronze and silver, without what nobody can count who sees only the last files."""
    return {
        key: value
        for key, value in figures.items()
        if "corrected_files" not in key[0] and not key[0].startswith("gold.")
    }


def total(sample, kind):
    """How often a kind is planted in a sample, in all tables."""
    retailer = Retailer(sample)
    list(retailer.deliveries())
    return sum(
        Decimal(one.expected)
        for one in retailer.truth.figures()
        if one.name.startswith("planted.") and one.name.endswith(f".{kind}")
    )


def test_the_truth_equals_the_second_count(written):
    root, truth = written
    assert compared(truth) == count(root)
    planted = {name for (name, _), value in truth.items() if name.startswith("planted.") and value}
    assert {name.split(".")[2] for name in planted} >= {*KINDS, "returns_of_key", "extra_columns"}


@pytest.mark.parametrize("seed", range(3))
def test_the_truth_equals_the_second_count_at_random_rates(tmp_path, seed):
    dice = Dice(seed, "rates")
    rates = Rates(*(dice.pick((0, 0.01, 0.1, 0.4)) for _ in range(13)), 2, dice.between(1, 5))
    sample = Sample(dice.between(2, 6), scale=0.02, seed=seed, rates=rates)
    assert compared(by_name(write_sample(sample, tmp_path))) == count(tmp_path)


@pytest.mark.parametrize(
    "sample",
    [SMALL, replace(SMALL, days=40, scale=0.02, start=date(2023, 1, 25))],
    ids=["one_month", "three_months"],
)
def test_gold_of_the_truth_equals_the_second_count(tmp_path, sample):
    truth = by_name(write_sample(sample, tmp_path, exchange_rates(RATES)))
    found = count_gold(tmp_path)
    assert {key: truth[key] for key in truth.keys() & found.keys()} == {
        key: found[key] for key in truth.keys() & found.keys()
    }
    # All that is counted here is in the truth, but the features of customers who are not named.
    features = {key for key in found if key[0].startswith("gold.ftr_customers.C")}
    assert found.keys() - truth.keys() <= features
    named = {(key[0].split(".")[2], key[1]) for key in features & truth.keys()}
    days = {day for _, day in named}
    assert len({name for name, _ in named}) == 10 and len(days) == (3 if sample.days > 9 else 1)


def test_a_late_correction_changes_no_feature_of_an_earlier_day():
    row = {"updated_at": 0, "amount": 1}
    changes = {("T1",): [(0, date(1970, 1, 1), row), (1, date(1970, 1, 3), row | {"amount": 2})]}
    assert [[one["amount"] for one in known(changes, date(1970, 1, day))] for day in (1, 2, 3)] == [
        [1], [1], [2],
    ]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_planted_if_and_only_if_its_rate_says_so(kind):
    never = Sample(6, scale=0.02, rates=Rates.none())
    often = replace(never, rates=replace(Rates.none(), **{kind: 0.3}))
    if kind == "newer_versions":  # Orders are shipped, and accounts change, without defects too.
        assert total(often, kind) > 1.2 * float(total(never, kind)) > 0
    else:
        assert total(often, kind) > 0 == total(never, kind)


def test_keys_return_only_after_deletions():
    sample = Sample(6, scale=0.02, rates=replace(Rates.none(), deletions=0.2))
    returning = replace(sample, rates=replace(sample.rates, returns_of_key=1.0))
    assert total(returning, "returns_of_key") > 2 * total(sample, "returns_of_key")


def test_the_extra_column_and_the_second_system_come_on_their_days():
    files = [file for day in Retailer(SMALL).deliveries() for file in day.files]
    notes = {file.path for file in files if b"gift_note" in file.data}
    assert min(notes) == "shop/orders/2023-01-04.jsonl"
    latin1 = [file for file in files if "_latin1/" in file.path]
    assert max(file.path for file in latin1).endswith("/2023-01-04.csv")
    assert "Öztürk" in b"".join(file.data for file in latin1).decode("iso-8859-1")


def test_no_key_has_two_rows_of_one_time_in_one_file(written):
    db = database(written[0])
    for table in set(KEYS) - {"web_events"}:
        cells = ", ".join(line.split()[-2] for line in COLUMNS[table].strip().splitlines())
        ties = db.execute(
            f"select {KEYS[table]} from (select distinct file_day, {cells} from {table})"
            f" where {has_key(table)} group by {KEYS[table]}, file_day, updated_at"
            " having count(*) > 1"
        )
        assert ties.fetchall() == [], table


def test_no_file_has_more_rejects_than_a_loader_accepts():
    rates = replace(Rates.none(), malformed_lines=0.5, wrong_types=0.5)
    retailer = Retailer(Sample(3, scale=0.02, rates=rates))
    list(retailer.deliveries())
    figures = by_name(retailer.truth.figures())
    rejects = {key: value for key, value in figures.items() if key[0].endswith(".rejects")}
    rows = {key: figures[key[0].replace(".rejects", ".rows"), key[1]] for key in rejects}
    assert sum(rejects.values()) > 0
    assert all(4 * rejects[key] <= rows[key] + rejects[key] for key in rejects)


def test_a_corrected_file_takes_the_place_of_the_faulty_one(written):
    root, truth = written
    files = list(chain.from_iterable(day.files for day in Retailer(SMALL).deliveries()))
    paths = [file.path for file in files]
    twice = {path for path in paths if paths.count(path) > 1}
    assert len(twice) == sum(
        value for (name, _), value in truth.items() if "corrected_files" in name
    )
    for path in twice:
        faulty, corrected = (file for file in files if file.path == path)
        assert faulty.data != corrected.data and faulty.modified < corrected.modified
        assert (root / path).read_bytes() == corrected.data


def test_payments_are_converted_by_the_rate_of_their_day_or_the_one_before(tmp_path):
    rates = tmp_path / "rates.csv"
    lines = [
        f"2022-12-3{n},{currency},{n + 17}.0{n}5"
        for n in (0, 1)
        for currency in ("EUR", "USD", "GBP")
    ]
    rates.write_text("\n".join(["rate_date,currency,rate_to_try", *lines, "2023-01-02,EUR,20.5"]))
    sample = Sample(4, scale=0.05)
    truth = by_name(write_sample(sample, tmp_path / "out", exchange_rates(rates)))
    found = (
        database(tmp_path / "out")
        .execute(f"""
select sum(round(amount * coalesce(rate_to_try, 1.0)::decimal(18,6), 2))::decimal(18,2)
from latest_shop_payments p asof left join (
    select currency, rate_date, rate_to_try::decimal(18,6) as rate_to_try from '{rates}'
) r on p.currency = r.currency and p.transaction_date >= r.rate_date""")
        .fetchone()
    )
    assert truth["silver.int_payments.amount_try", None] == found[0] > 0
