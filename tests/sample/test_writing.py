"""Samples in a landing folder: an earlier one is replaced, files of others are kept."""

from dataclasses import replace

import pytest

from sample.defects import Rates
from sample.errors import SampleError
from sample.retailer import File, Sample
from sample.writing import exchange_rates, place, write_sample

TINY = Sample(2, scale=0.01, rates=Rates.none())


def paths(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.jsonl"))


def test_a_sample_takes_the_place_of_an_earlier_one(tmp_path):
    write_sample(replace(TINY, days=3), tmp_path / "again")
    write_sample(TINY, tmp_path / "again")
    write_sample(TINY, tmp_path / "once")
    assert paths(tmp_path / "again") == paths(tmp_path / "once")


def test_files_of_others_are_kept_and_named(tmp_path):
    other = tmp_path / "shop" / "orders" / "mine.jsonl"
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    with pytest.raises(SampleError, match="orders/mine.jsonl is not a file of a sample"):
        write_sample(TINY, tmp_path)
    assert paths(tmp_path) == ["shop/orders/mine.jsonl"]


def test_an_interrupted_sample_can_be_written_again(tmp_path):
    write_sample(replace(TINY, days=3), tmp_path)
    with pytest.raises(KeyboardInterrupt), place(tmp_path) as write:
        write(File("web/new.jsonl", b"", 0))
        raise KeyboardInterrupt
    write_sample(TINY, tmp_path)
    assert len(paths(tmp_path)) == 12 and "web/new.jsonl" not in paths(tmp_path)


def test_a_day_before_the_first_rate_is_named(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("rate_date,currency,rate_to_try\n2023-01-02,EUR,20.1\n")
    rate = exchange_rates(file)
    assert (rate("TRY", "2020-01-01"), str(rate("EUR", "2023-01-05"))) == (1, "20.1")
    with pytest.raises(SampleError, match="no rate of EUR on 2023-01-01"):
        rate("EUR", "2023-01-01")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Sample(0),
        lambda: Sample(1, scale=0),
        lambda: Rates(late_rows=1.1),
    ],
)
def test_an_impossible_sample_is_refused(wrong):
    with pytest.raises(ValueError):
        wrong()
