"""Samples in a landing folder: at once, day by day, or in any order."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path

from ops.sample import CUSTOMERS, RATES
from sample.defects import Rates
from sample.retailer import Retailer, Sample
from sample.writing import (
    crm_customers,
    exchange_rates,
    truth_file,
    write_file,
    write_sample,
)

RATE = exchange_rates(RATES)


# Every kind that silver has a rule for. Without rejects: loading them takes most of the time.
OFTEN = Rates(
    **{one.name: 0.06 for one in fields(Rates) if one.type is float}
    | {"corrected_files": 0.2, "returns_of_key": 0.5, "open_sessions": 0.3}
    | {"malformed_lines": 0, "wrong_types": 0, "extra_column_day": 2, "encoding_day": 2}
)
# Corrected files of four tables, deleted keys that return, payments in foreign money on a Sunday,
# the end of a month with late rows after it, new prices, cancelled orders and refunds.
FULL = Sample(5, 0.05, 173, date(2023, 1, 29), OFTEN, crm_customers(CUSTOMERS))


def some_sample(seed: int) -> Sample:
    """Three days of at most 15 orders; size, start and rates of defects depend on the seed."""
    dice = random.Random(seed)
    rates = {one.name: round(dice.uniform(0, 0.1), 3) for one in fields(Rates) if one.type is float}
    rates |= {name: round(dice.uniform(0, 1), 3) for name in ("returns_of_key", "open_sessions")}
    changes = {name: dice.randint(1, 3) for name in ("extra_column_day", "encoding_day")}
    start = date(2023, 1, dice.randint(1, 31))
    return Sample(3, dice.choice([0.01, 0.02, 0.05]), seed, start, Rates(**rates, **changes))


def at_once(sample: Sample, root: Path) -> Iterator[None]:
    """All files of the sample; what was corrected is there as corrected."""
    write_sample(sample, root, RATE)
    yield


def day_by_day(sample: Sample, root: Path) -> Iterator[None]:
    """The deliveries of each day; corrections take the place of files that were there."""
    retailer = Retailer(sample)
    for delivery in retailer.deliveries():
        for file in delivery.files:
            write_file(root, file)
        if delivery.day == sample.last:
            write_file(root, truth_file(retailer.truth.figures(RATE), sample.last))
        yield


def shuffled(sample: Sample, root: Path) -> Iterator[None]:
    """The files in an order by chance, in two parts."""
    later = root.with_name(f"{root.name}_later")
    write_sample(sample, later, RATE)
    files = sorted(path for path in later.rglob("*") if path.is_file())
    random.Random(sample.seed).shuffle(files)
    for part in range(2):
        for path in files[part::2]:
            target = root / path.relative_to(later)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        yield
    shutil.rmtree(later)


WAYS = (shuffled, day_by_day, at_once)
