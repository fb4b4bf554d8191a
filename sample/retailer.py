"""The retailer, day by day: what happens, what goes wrong, what is delivered."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sample import lines
from sample.catalogue import SNAPSHOT_DAYS, Catalogue
from sample.chance import Dice
from sample.defects import Content, Defects, Rates
from sample.people import DAILY_ACCOUNTS, OPENING_ACCOUNTS, People
from sample.shopping import Shop
from sample.support import HelpDesk
from sample.tables import FEEDS, INTERACTIONS, Feeds
from sample.times import DAY, HOUR, SECOND, midnight
from sample.truth import Truth

DAILY_SESSIONS = 2000
DAILY_CONTACTS = 40
# Factors of the number of sessions: Monday to Sunday, January to December, and per day.
WEEKDAYS = (0.92, 0.90, 0.93, 0.97, 1.05, 1.15, 1.08)
MONTHS = (0.90, 0.88, 0.95, 0.97, 1.00, 0.98, 0.95, 0.93, 1.00, 1.05, 1.25, 1.20)
GROWTH = 0.002
LATIN1 = "iso-8859-1"


@dataclass(frozen=True)
class Sample:
    """What to make: so many days from `start`, about 300 * `scale` orders a day.

    `customers` has the customer numbers of the CRM. A shorter sample is the beginning of a longer
    one. Raises ValueError for less than a day or a scale that is not above 0.
    """

    days: int = 14
    scale: float = 1.0
    seed: int = 1
    start: date = date(2023, 1, 1)
    rates: Rates = field(default_factory=Rates)
    customers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"{self.days} days are less than one")
        if not 0 < self.scale < 1000:
            raise ValueError(f"the scale {self.scale:g} is not above 0 and below 1000")

    @property
    def last(self) -> date:
        return self.start + timedelta(self.days - 1)


@dataclass(frozen=True)
class File:
    """A delivered file: its path in the landing folder, and its modification time in seconds."""

    path: str
    data: bytes
    modified: int


@dataclass(frozen=True)
class Delivery:
    """The files that arrive on a day; one may take the place of a file of an earlier day."""

    day: date
    files: tuple[File, ...]


class Retailer:
    """Delivers a sample, a day at a time; afterwards `truth` has the figures."""

    def __init__(self, sample: Sample):
        self.sample = sample
        self.truth = Truth()
        self._feeds = Feeds()
        self._people = People(self._feeds, sample.customers)
        self._catalogue = Catalogue()
        self._shop = Shop(self._feeds, self._people, self._catalogue)
        self._desk = HelpDesk(self._feeds, self._people)
        self._defects = {
            table: Defects(table, sample.rates, sample.seed, sample.start) for table in FEEDS
        }
        self._corrections: dict[date, list[Content]] = {}

    def deliveries(self) -> Iterator[Delivery]:
        """The deliveries in their order. The figures are complete after the last one."""
        for number in range(self.sample.days):
            day = self.sample.start + timedelta(number)
            yield Delivery(day, tuple(self._deliver(day, number)))

    def _deliver(self, day: date, number: int) -> Iterator[File]:
        """The files of a day."""
        if self._live(day, number):
            price_list = self._catalogue.price_list.values()
            self.truth.add_snapshot(day, price_list)
            yield File(f"shop/products/{day}.parquet", lines.snapshot(price_list), delivered(day))
        for content in self._corrections.pop(day, []):
            self.truth.add_correction(content.table)
            yield self._file(content, day)
        for table, defects in self._defects.items():
            first, *correction = defects.plant(day, self._feeds.take(table, day))
            for content in correction:
                self._corrections.setdefault(first.corrected or day, []).append(content)
            if first.lines:
                yield self._file(first, day)

    def _live(self, day: date, number: int) -> bool:
        """A day of the retailer; whether a snapshot of the products is due."""
        sample = self.sample
        dice = Dice(sample.seed, "world", day)
        if not number:
            count = max(20, int(OPENING_ACCOUNTS * sample.scale))
            self._people.open(day, count, dice)
            self._catalogue.open(day, dice)
        changed = self._catalogue.live(day, dice)
        factor = sample.scale * WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
        factor *= (1 + GROWTH * number) * dice.between(96, 104) / 100
        self._people.live(day, int(DAILY_ACCOUNTS * factor + dice.random()), dice)
        self._shop.live(day, max(1, int(DAILY_SESSIONS * factor)), dice)
        self._desk.live(day, int(DAILY_CONTACTS * factor + dice.random()), dice)
        return changed or number % SNAPSHOT_DAYS == 0

    def _file(self, content: Content, arrived: date) -> File:
        """The file of a content; counted, unless it is corrected within the sample."""
        table, folder, encoding, ending = content.table, content.table.folder, "utf-8", "jsonl"
        bronze = table.name
        if table is INTERACTIONS:
            ending = "csv"
            if self._is_latin1(content.day):
                folder, bronze, encoding = f"{folder}_latin1", f"{bronze}_latin1", LATIN1
        if content.corrected is None or content.corrected > self.sample.last:
            self.truth.add(bronze, content)
        return File(
            f"{folder}/{content.day}.{ending}",
            lines.content(table, content.lines, encoding),
            delivered(arrived),
        )

    def _is_latin1(self, day: date) -> bool:
        """Whether the help desk still has its first system."""
        number = self.sample.rates.encoding_day
        return number is not None and (day - self.sample.start).days + 1 < number


def delivered(day: date) -> int:
    """The time at which the files of a day arrive, in seconds since 1970."""
    return (midnight(day) + DAY + 3 * HOUR) // SECOND
