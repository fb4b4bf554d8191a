"""The defects of real feeds, planted between what happened and what is delivered.

Each kind is a function with a rate. A row that is delivered differs from the true one only here.
"""

from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any

from sample.chance import Dice
from sample.lines import broken_line, line, wrong_line
from sample.tables import ORDER_ITEMS, ORDERS, SESSIONS, Key, Row, Table
from sample.times import DAY, SECOND, day_of

# A loader refuses a file with too many rejects: no file has more than this share of its rows.
MOST_REJECTS = 0.2
# Milliseconds within the second of a planted version: true changes happen at whole seconds.
NEWER, DELETED, RETURNED = 250, 500, 750


@dataclass(frozen=True)
class Rates:
    """How often each kind is planted, per row; `corrected_files` per file.

    `returns_of_key` is the share of deletions that are taken back. From day `extra_column_day` of
    the sample, orders have a column more; on day `encoding_day`, the help desk changes its system
    from ISO-8859-1 to UTF-8. None stands for never. Raises ValueError for a rate outside 0 to 1.
    """

    exact_duplicates: float = 0.005
    newer_versions: float = 0.005
    late_rows: float = 0.01
    corrected_files: float = 0.04
    deletions: float = 0.003
    returns_of_key: float = 0.3
    null_keys: float = 0.001
    unknown_customers: float = 0.003
    unknown_products: float = 0.003
    orphan_items: float = 0.002
    open_sessions: float = 0.03
    malformed_lines: float = 0.001
    wrong_types: float = 0.001
    extra_column_day: int | None = 20
    encoding_day: int | None = 8

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.type is float and not 0 <= value <= 1:
                raise ValueError(f"the rate {one.name} is {value}, not a number from 0 to 1")

    @classmethod
    def none(cls) -> "Rates":
        """No defects at all, and one system of the help desk."""
        never: dict[str, Any] = {
            one.name: 0.0 if one.type is float else None for one in fields(cls)
        }
        return cls(**never)


@dataclass
class Content:
    """What a file contains: its lines, the rows of the valid ones, and the rejects by kind.

    `planted` counts kinds that only the planting knows. `corrected` is the day on which a file with
    other content takes its place.
    """

    table: Table
    day: date
    lines: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    planted: Counter[str] = field(default_factory=Counter)
    corrected: date | None = None

    @property
    def rejects(self) -> int:
        return len(self.lines) - len(self.rows)

    def add(self, row: Row) -> None:
        """Add a valid row."""
        self.lines.append(line(self.table, row))
        self.rows.append(row)


class Defects:
    """Plants defects into the rows of one table, day by day."""

    def __init__(self, table: Table, rates: Rates, seed: int, first: date):
        self.table = table
        self.rates = rates
        self.seed = seed
        self.first = first
        # Rows of a later day: late ones and versions, and exact copies of delivered ones.
        self._later: dict[date, list[Row]] = {}
        self._copies: dict[date, list[Row]] = {}
        self._versions: set[tuple[Key, int]] = set()

    def plant(self, day: date, rows: list[Row]) -> list[Content]:
        """The contents of the day's file: one, or a faulty one and its correction."""
        dice = Dice(self.seed, "defects", self.table.name, day)
        kept = []
        for row in rows:
            changed = self._change_cells(row, day, dice)
            self._plan_versions(changed, day, dice)
            if dice.chance(self.rates.late_rows):
                self._deliver(changed, day + timedelta(dice.between(1, 5)))
            else:
                kept.append(changed)
            if self.table is ORDER_ITEMS and dice.chance(self.rates.orphan_items):
                kept.append(changed | {"order_id": f"O9{dice.below(10**8):08d}"})
        kept += self._later.pop(day, [])
        copies = self._copies.pop(day, [])
        if kept and dice.chance(self.rates.corrected_files):
            return self._faulty_and_corrected(day, kept, copies, dice)
        return [self._content(day, kept, copies, dice, copy_later=True)]

    def _change_cells(self, row: Row, day: date, dice: Dice) -> Row:
        """A row with the defects that change its cells."""
        rates, table = self.rates, self.table
        new: Row = {}
        if dice.chance(rates.null_keys):
            new[dice.pick(table.key)] = None
        refers = row.get("customer_id") and "customer_id" not in table.key
        if refers and dice.chance(rates.unknown_customers):
            new["customer_id"] = f"C00{dice.below(100_000):05d}"
        if table is ORDER_ITEMS and dice.chance(rates.unknown_products):
            new["product_id"] = f"P9{dice.below(10_000):04d}"
        if table is SESSIONS and dice.chance(rates.open_sessions):
            new["session_end"] = None
        if table is ORDERS and self._has_extra_column(day):
            new["gift_note"] = dice.pick((None, "Happy birthday!", "Thank you"))
        return row | new if new else row

    def _has_extra_column(self, day: date) -> bool:
        number = self.rates.extra_column_day
        return number is not None and (day - self.first).days + 1 >= number

    def _plan_versions(self, row: Row, day: date, dice: Dice) -> None:
        """Newer versions of a row, and its deletion, on the same day or within three days."""
        key = self.table.key_of(row)
        if not self.table.changes or key is None:
            return
        rates = self.rates
        if dice.chance(rates.newer_versions):
            self._version(key, self.table.change(row), dice.between(1, DAY // SECOND), NEWER)
        if dice.chance(rates.deletions):
            after = dice.between(1, 2 * DAY // SECOND)
            self._version(key, row | {"is_deleted": True}, after, DELETED)
            if dice.chance(rates.returns_of_key):
                self._version(key, row, after + dice.between(3600, DAY // SECOND), RETURNED)

    def _version(self, key: Key, row: Row, seconds: int, fraction: int) -> None:
        """Deliver a version so many seconds after a row; no two versions of a key share a time."""
        time = row["updated_at"] // SECOND * SECOND + seconds * SECOND + fraction
        while (key, time) in self._versions:
            time += SECOND
        self._versions.add((key, time))
        self._deliver(row | {"updated_at": time}, day_of(time))

    def _deliver(self, row: Row, day: date) -> None:
        self._later.setdefault(day, []).append(row)

    def _faulty_and_corrected(
        self, day: date, rows: list[Row], copies: list[Row], dice: Dice
    ) -> list[Content]:
        """A file that was cut off, with changed values in it, and the file that takes its place."""
        faulty = [
            self.table.change(row) if number % 10 == 0 else row
            for number, row in enumerate(rows[: max(1, len(rows) * 9 // 10)])
        ]
        contents = [
            self._content(day, faulty, copies, dice, copy_later=False),
            self._content(day, rows, copies, dice, copy_later=False),
        ]
        contents[0].corrected = day + timedelta(dice.between(1, 3))
        return contents

    def _content(
        self, day: date, rows: list[Row], copies: list[Row], dice: Dice, copy_later: bool
    ) -> Content:
        """The lines of a file: some broken, some twice, some once more on the next day."""
        rates, content = self.rates, Content(self.table, day)
        broken = rates.malformed_lines + rates.wrong_types
        for row in rows:
            fate = dice.random()
            if fate < broken and content.rejects + 1 <= MOST_REJECTS * len(rows):
                self._break(content, row, malformed=fate < rates.malformed_lines)
                continue
            content.add(row)
            if self.table.key_of(row) and dice.chance(rates.exact_duplicates):
                if copy_later and dice.chance(0.5):
                    self._copies.setdefault(day + timedelta(1), []).append(row)
                else:
                    content.add(row)
                    content.planted["exact_duplicates"] += 1
        for row in copies:
            content.add(row)
        content.planted["exact_duplicates"] += len(copies)
        return content

    def _break(self, content: Content, row: Row, malformed: bool) -> None:
        if malformed:
            content.lines.append(broken_line(self.table, line(self.table, row)))
        else:
            content.lines.append(wrong_line(self.table, row))
        content.planted["malformed_lines" if malformed else "wrong_types"] += 1
