"""What was delivered of a table, counted row by row while the files are written."""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping
from datetime import date

from sample.defects import Content
from sample.tables import Key, Row, Table
from sample.times import midnight

# The time of a row, its delivery day, and the row.
Change = tuple[int, date, Row]


class Ledger:
    """Versions and counts of one table.

    `latest` has the latest version of each key, `changes` every one if the table has versions.
    `known` has, for each column that refers to another table, the keys of that table, which grow
    while rows are added.
    """

    def __init__(self, table: Table, known: Mapping[str, Container[Key]]):
        self.table = table
        self.known = known
        self.latest: dict[Key, Change] = {}
        self.changes: defaultdict[Key, list[Change]] = defaultdict(list)
        self.counts: Counter[str] = Counter()
        self._deleted: set[tuple[Key, int]] = set()
        # Column, value and key of each reference that led nowhere when it was delivered.
        self._suspects: set[tuple[str, str, Key]] = set()

    def add(self, content: Content) -> None:
        """Count the rows of a file."""
        self.counts.update(content.planted)
        start = midnight(content.day)
        for row in content.rows:
            time = row[self.table.time]
            self.counts["late_rows"] += time < start
            self.counts["extra_columns"] += "gift_note" in row
            key = self.table.key_of(row)
            if key is None:
                self.counts["null_keys"] += 1
            else:
                self._add_version(key, time, content.day, row)

    def _add_version(self, key: Key, time: int, day: date, row: Row) -> None:
        if self.table.changes:
            self.changes[key].append((time, day, row))
        if row.get("is_deleted"):
            self._deleted.add((key, time))
        before = self.latest.get(key)
        if before is None or before[:2] <= (time, day):
            self.latest[key] = (time, day, row)
        for column, known in self.known.items():
            value = row[column]
            if value is not None and (value,) not in known:
                self._suspects.add((column, value, key))

    def live(self) -> dict[Key, Row]:
        """The latest version of each key that is not deleted."""
        return {key: row for key, (_, _, row) in self.latest.items() if not row.get("is_deleted")}

    def unknown(self, column: str) -> int:
        """Number of keys with a version that refers to nothing delivered to this day."""
        return len(
            {
                key
                for name, value, key in self._suspects
                if name == column and (value,) not in self.known[column]
            }
        )

    def versions(self) -> dict[str, int]:
        """Newer versions, deletions and keys that returned."""
        returned = {key for key, _ in self._deleted} & self.live().keys()
        times = sum(len({time for time, _, _ in changes}) for changes in self.changes.values())
        return {
            "newer_versions": times - len(self.latest),
            "deletions": len(self._deleted),
            "returns_of_key": len(returned),
        }
