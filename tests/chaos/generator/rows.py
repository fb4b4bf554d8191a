"""The columns of a random file, and its rows as texts."""

from dataclasses import dataclass
from random import Random

from tests.chaos.datasets import Dataset, Field
from tests.chaos.generator.cells import invalid_text, valid_text


@dataclass(frozen=True)
class Layout:
    """The columns of a file in order: each name as written in the file, and its field.

    A column that is not in the dataset has no field. Files with the same `key` have the same
    columns.
    """

    key: str
    columns: tuple[tuple[str, Field | None], ...]


def draw_layout(dataset: Dataset, random: Random) -> Layout:
    """One of the eight layouts of a dataset; each has all required fields."""
    key = f"{dataset.name}/{random.randrange(8)}"
    fields, random = list(dataset.fields), Random(key)
    if not dataset.header:
        return Layout(key, tuple((field.name, field) for field in fields))
    if random.random() < 0.4:
        fields = [field for field in fields if field.required or random.random() < 0.7]
    columns = [(_spelled(field, random), field) for field in fields]
    if len(columns) < 2 or random.random() < 0.4:
        columns.append((random.choice(["colour", "Extra Info", "unknown'1"]), None))
    if random.random() < 0.4:
        random.shuffle(columns)
    return Layout(key, tuple(columns))


def _spelled(field: Field, random: Random) -> str:
    if field.path or random.random() < 0.7:
        return field.name
    return random.choice([field.name.upper(), field.name.title(), field.name.replace("_", " ")])


def draw_row(
    dataset: Dataset, layout: Layout, random: Random, invalid_rate: float
) -> list[str | None]:
    """The texts of a row's cells; with probability `rate`, one or two are invalid."""
    row = [_draw_cell(field, dataset, random) for _, field in layout.columns]
    if random.random() < invalid_rate:
        for _ in range(random.choice([1, 1, 2])):
            _invalidate_cell(row, layout, random)
    return row


def _draw_cell(field: Field | None, dataset: Dataset, random: Random) -> str | None:
    if field is None:
        return random.choice(["blue", "red", "7", None])
    if not field.required and random.random() < 0.1:
        return None
    return valid_text(field, dataset, random)


def _invalidate_cell(row: list[str | None], layout: Layout, random: Random) -> None:
    """Replace a random cell by an invalid text, or by null if it is required."""
    column, field = random.choice(
        [(n, f) for n, (_, f) in enumerate(layout.columns) if f and f.type != "string"]
    )
    null = field.required and random.random() < 0.3
    row[column] = None if null else invalid_text(field.type, random)


def draw_row_count(random: Random) -> int:
    """Usually up to 25 rows; sometimes so many that a kill can interrupt the write."""
    return random.randint(1000, 3000) if random.random() < 0.04 else random.randint(1, 25)
