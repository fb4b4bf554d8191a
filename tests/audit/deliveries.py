"""Samples in a landing folder: at once, day by day, or in any order."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from lakehouse.settings import PROJECT
from sample.defects import Rates
from sample.retailer import Retailer, Sample
from sample.writing import exchange_rates, truth_file, write_file, write_sample

RATE = exchange_rates(PROJECT / "seeds" / "exchange_rates.csv")


def some_sample(seed: int, **rates: float) -> Sample:
    """Three days of at most 15 orders; size and rates of defects depend on the seed."""
    dice = random.Random(seed)
    often = {one.name: round(dice.uniform(0, 0.1), 3) for one in fields(Rates) if one.type is float}
    often["open_sessions"] = round(dice.uniform(0, 1), 3)
    often["returns_of_key"] = round(dice.uniform(0, 1), 3)
    changes = {name: dice.randint(1, 3) for name in ("extra_column_day", "encoding_day")}
    planted = Rates(**{**often, **changes, **rates})
    return Sample(3, dice.choice([0.01, 0.02, 0.05]), seed, rates=planted)


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
