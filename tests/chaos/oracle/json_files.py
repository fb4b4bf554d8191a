"""The records of a JSON file: one object in each line, or one array or object."""

import json
import re
from collections.abc import Iterator

from tests.chaos.datasets import Dataset
from tests.chaos.oracle.records import REPLACEMENT, Record, normalized


class Number(str):
    """A number, as it is written."""


class Members(list):
    """The (name, value) pairs of an object; a name may occur twice."""


def json_records(dataset: Dataset, content: bytes) -> Iterator[Record | None]:
    """Each row's record; None for a malformed row."""
    text = content.decode(errors="replace").removeprefix("\ufeff")
    if dataset.multi_line:
        if text.strip():
            parsed = _parsed(text)
            is_array = isinstance(parsed, list) and not isinstance(parsed, Members)
            for element in parsed if is_array else [parsed]:
                yield _record(dataset, element)
        return
    for line in re.split("\r\n|\n|\r", text):
        if line.strip(" "):
            yield None if REPLACEMENT in line else _record(dataset, _parsed(line))


def _parsed(text: str) -> object:
    """The value of a JSON text; None if it is not JSON."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        return json.loads(
            text,
            parse_int=Number,
            parse_float=Number,
            parse_constant=refuse,
            object_pairs_hook=Members,
        )
    except ValueError:
        return None


def _record(dataset: Dataset, value: object) -> Record | None:
    if not isinstance(value, Members):
        return None
    names = [normalized(name) for name, _ in value]
    if len(set(names)) < len(names):
        return None
    fields = {normalized(field.name): field for field in dataset.fields if not field.path}
    cells, unknown = {}, {}
    for name, member in value:
        text = _text(member)
        if field := fields.get(normalized(name)):
            cells[field.name] = text
        elif text is not None:
            unknown[name] = text
    for field in dataset.fields:
        if field.path:
            cells[field.name] = _at_path(value, field.path.removeprefix("$.").split("."))
    return Record(cells, unknown)


def _at_path(value: object, steps: list[str]) -> str | None:
    for step in steps:
        value = dict(value).get(step) if isinstance(value, Members) else None
    return _text(value)


def _text(value: object) -> str | None:
    """The text of a cell: a string's content, a number as written, else compact JSON."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return str(value)
    return _compact(value)


def _compact(value: object) -> str:
    if isinstance(value, Members):
        return "{" + ",".join(f"{_compact(key)}:{_compact(member)}" for key, member in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
