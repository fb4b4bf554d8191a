"""Records of a file, before their cells are cast, and the columns that they match."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.datasets import Dataset, Field

# Stands for bytes that the encoding cannot decode.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class InvalidFile(Exception):
    """The reason why a file is rejected before its rows are read."""


@dataclass(frozen=True)
class Record:
    """A row: cells (texts or parquet values) by field, and cells of unknown columns by name."""

    cells: dict[str, object]
    unknown: dict[str, str]


def normalized(column: str) -> str:
    """A column's name for matching, without differences of case and special characters."""
    return re.sub(r"[ ,;{}()\n\t=]+", "_", column.strip().lower())


def match_columns(dataset: Dataset, columns: Sequence[str]) -> dict[str, Field]:
    """The field of each known column of a file.

    Raises InvalidFile if a required column is missing or a column is duplicate.
    """
    fields = {normalized(field.name): field for field in dataset.fields}
    names = [normalized(column) for column in columns]
    missing = [field.name for name, field in fields.items() if field.required and name not in names]
    if missing:
        raise InvalidFile(f"lacks {missing}")
    if len(set(names)) < len(names):
        raise InvalidFile("has a column twice")
    return {
        column: fields[name] for column, name in zip(columns, names, strict=True) if name in fields
    }


def record_of(fields: dict[str, Field], row: dict[str, object]) -> Record:
    """The record of a row; `fields` are those of its known columns."""
    unknown = {
        column: str(cell)
        for column, cell in row.items()
        if column not in fields and cell is not None
    }
    return Record({field.name: row[column] for column, field in fields.items()}, unknown)
