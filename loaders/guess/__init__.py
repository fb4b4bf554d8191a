"""A contract guessed from files: names, types, marks of numbers and date patterns."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from loaders.columns import Column, folded
from loaders.contract import Contract
from loaders.guess import texts
from loaders.guess.files import Field, Sample, merged, sample
from loaders.guess.names import column_name
from loaders.guess.texts import ISO_DATE, ISO_TIME, POINT, Marks
from loaders.listing import Landing, Part


@dataclass(frozen=True)
class Guess:
    """What a contract says of files. `marks` of the table's numbers; `notes`: what to check."""

    using: str
    options: Mapping[str, object]
    columns: tuple[Column, ...]
    marks: Marks = POINT
    notes: tuple[str, ...] = ()

    def contract(self, source: str, table: str, location: str) -> Contract:
        """The contract of a new table; raises LakehouseError if it is not valid."""
        return Contract(
            source=source,
            table=table,
            schema="bronze",
            identifier=f"{source}_{table}",
            location=location,
            using=self.using,
            columns=self.columns,
            options=self.options,
        )


def guess(landing: Landing, parts: Collection[Part]) -> Guess:
    """The contract that fits these files of one table, with a type for each column.

    A type holds each value of the sample exactly; in doubt it is `string`. Raises LakehouseError if
    a file cannot be read, or if the files have different formats.
    """
    found = merged([sample(landing, part) for part in parts])
    return found_in(found)


def found_in(found: Sample) -> Guess:
    """The guess from a sample."""
    if found.using == "parquet":
        columns = tuple(_column(one, one.type) for one in found.fields)
        return Guess(found.using, found.options, columns, notes=tuple(found.notes))
    types = _Types(found.fields)
    columns = tuple(_column(one, types.by_name[one.name], types.marks) for one in found.fields)
    notes = (*found.notes, *types.notes)
    return Guess(found.using, {**found.options, **types.options}, columns, types.marks, notes)


@dataclass
class _Types:
    """The types of the fields by name, the options and marks that they need, and what to check."""

    fields: Sequence[Field]
    by_name: dict[str, str] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)
    marks: Marks = POINT
    notes: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.by_name = {one.name: one.type for one in self.fields if one.type}
        self._dates()
        self._numbers()
        for one in self.fields:
            if not one.texts and not one.numbers and not one.type:
                self.notes.append(f"{one.name} is empty in every row")

    def _open(self) -> dict[str, set[str]]:
        """The texts of the fields that have no type yet."""
        return {one.name: one.texts for one in self.fields if one.name not in self.by_name}

    def _dates(self) -> None:
        texts_ = {name: found for name, found in self._open().items() if found}
        for one in self.fields:
            if one.numbers:
                texts_.pop(one.name, None)
        for pattern_of, type_, option, plain in (
            (texts.pattern_of, "date", "dateFormat", ISO_DATE),
            (texts.time_pattern_of, "timestamp", "timestampFormat", ISO_TIME),
        ):
            pattern, names = pattern_of(texts_)
            self.by_name |= dict.fromkeys(names, type_)
            if names and pattern != plain:
                self.options[option] = pattern

    def _numbers(self) -> None:
        candidates = {
            one.name: {text.strip() for text in one.texts}
            for one in self.fields
            if one.name not in self.by_name and not texts.IDENTIFIER.search(column_name(one.name))
        }
        names = list(candidates)
        self.marks, unclear = texts.marks_of(candidates.values())
        for n in unclear:
            example = max(sorted(candidates[names[n]]), key=len)
            self.by_name[names[n]] = "string"
            self.notes.append(
                f"{names[n]} may be a number: {example} has a thousands or a decimal mark"
            )
        for one in self.fields:
            if one.name not in self.by_name:
                self.by_name[one.name] = self._number(one)

    def _number(self, one: Field) -> str:
        """The type of the numbers of a field; those of JSON have a point, and texts the marks."""
        texts_ = [text.strip() for text in one.texts]
        plain = [number for text in texts_ if (number := self.marks.plain(text)) is not None]
        if len(plain) < len(texts_):
            return (
                "string"
                if one.numbers
                else texts.type_of(column_name(one.name), texts_, self.marks)
            )
        return texts.type_of(column_name(one.name), [*plain, *one.numbers])


def _column(one: Field, type_: str, marks: Marks = POINT) -> Column:
    name = column_name(one.name)
    column = Column(
        name,
        type_,
        description=f"{'.'.join(one.keys) or one.name}, as delivered.",
        path=_path(one.keys) if len(one.keys) > 1 else "",
        file_name=one.name if folded(one.name) != name and len(one.keys) < 2 else "",
    )
    if not column.is_number:
        return column
    return replace(column, decimal=marks.decimal, thousands=marks.thousands)


def _path(keys: Sequence[str]) -> str:
    return "$" + "".join(f".{key}" if re.fullmatch(r"\w+", key) else f'["{key}"]' for key in keys)
