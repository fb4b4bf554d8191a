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


def some_sample(seed: int, days: int = 3) -> Sample:
    """A small sample whose size and rates of defects depend on the seed."""
    dice = random.Random(seed)
    often = {one.name: round(dice.uniform(0, 0.1), 3) for one in fields(Rates) if one.type is float}
    often["open_sessions"] = round(dice.uniform(0, 1), 3)
    changes = {name: dice.randint(1, days) for name in ("extra_column_day", "encoding_day")}
    return Sample(days, dice.choice([0.01, 0.02, 0.05]), seed, rates=Rates(**often, **changes))


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
    """The files in an order by chance, in as many parts as there are days."""
    later = root.with_name(f"{root.name}_later")
    write_sample(sample, later, RATE)
    files = sorted(path for path in later.rglob("*") if path.is_file())
    random.Random(sample.seed).shuffle(files)
    for part in range(sample.days):
        for path in files[part :: sample.days]:
            target = root / path.relative_to(later)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        yield
    shutil.rmtree(later)


WAYS = (at_once, day_by_day, shuffled)
