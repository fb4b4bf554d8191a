"""Random JSON files: one object in each line, or one array."""

import json
import re
from random import Random

from tests.chaos.datasets import Dataset, Field
from tests.chaos.generator.rows import Layout, draw_layout, draw_row

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
# JSON values whose text a string column keeps.
STRING_VALUES = (
    "1.10",
    "100",
    "-7",
    "true",
    "12345678901234567890.1230",
    '["a","b"]',
    '{"deep":"er"}',
    "1E2",
    "2.50e1",
)


def json_file(dataset: Dataset, random: Random, rows: int, invalid_rate: float) -> bytes:
    """A JSON file with rows; the rate is the probability that a row has invalid cells."""
    layout = draw_layout(dataset, random)
    records = []
    for _ in range(rows):
        record = _record(dataset, layout, random, invalid_rate)
        malformed = random.random() < invalid_rate / 4
        records.append(_malformed_record(record, dataset, random) if malformed else record)
    if dataset.multi_line:
        if rows == 1 and random.random() < 0.5:
            return records[0].encode()
        gap = random.choice(["", " ", "\n  "])
        return (f"[{gap}" + f",{gap}".join(records) + f"{gap}]").encode()
    if random.random() < 0.1:
        records.insert(random.randint(0, len(records)), "")
    content = "\n".join(records).encode() + (b"\n" if random.random() < 0.8 else b"")
    if invalid_rate and random.random() < 0.2:
        content += b'\n{"id": 9, "note": "caf\xe9"}\n'
    return (b"\xef\xbb\xbf" if random.random() < 0.1 else b"") + content


def _record(dataset: Dataset, layout: Layout, random: Random, invalid_rate: float) -> str:
    members = []
    cells = draw_row(dataset, layout, random, invalid_rate)
    for (column, field), cell in zip(layout.columns, cells, strict=True):
        if cell is None:
            # docs/loading.md does not say whether the null of an unknown column is rescued.
            if field and not field.path and random.random() < 0.5:
                members.append((column, "null"))
        elif field and field.path:
            members.append(("customer", json.dumps({"city": cell}, ensure_ascii=False)))
        else:
            members.append((column, _value(field, cell, random)))
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in members) + "}"


def _value(field: Field | None, cell: str, random: Random) -> str:
    kind = field.type if field else "string"
    if kind == "string":
        return random.choice(STRING_VALUES) if random.random() < 0.2 else _string(cell, random)
    # A number that is not valid in JSON is written as a string.
    is_number = NUMBER.fullmatch(cell) and len(cell) < 30 and (float(cell) or cell[0] != "-")
    fits_type = "." not in cell or kind not in ("int", "bigint")
    return cell if is_number and fits_type and random.random() < 0.7 else _string(cell, random)


def _string(cell: str, random: Random) -> str:
    return json.dumps(cell, ensure_ascii=random.random() < 0.3)


def _malformed_record(record: str, dataset: Dataset, random: Random) -> str:
    if dataset.multi_line:
        return random.choice(["7", '"text"', "[7]"])
    return random.choice(
        [record[:-1], record + record, "[7]", '{"id": 5, "ID": 6}', "no json", record + " x"]
    )


def empty_json_file(dataset: Dataset, random: Random) -> bytes:
    """A JSON file without rows."""
    if dataset.multi_line:
        return random.choice([b"[]", b"[\n]", b" [ ] \n", b"\xef\xbb\xbf[]"])
    return random.choice([b"", b"\n\n"])


def invalid_json_file(dataset: Dataset, random: Random, valid: bytes) -> bytes:
    """The first half of a valid file, two objects where one is allowed, or a binary file."""
    contents = [b"\x89PNG\xff\xfe" * 40]
    if dataset.multi_line:
        contents = [valid[: len(valid) // 2], b'{"id": 1}\n{"id": 2}\n']
    return random.choice(contents)
