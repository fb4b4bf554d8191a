"""Random files: good rows, planted rows that do not fit, and files that cannot be used.

All is drawn from a `Random` of a seed, so that a seed makes the same bytes again.
What a file should end as, is not said here: tests.chaos.reading finds that out.
"""

import gzip
import io
import json
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random

import pyarrow as pa
from pyarrow import parquet

from tests.chaos.datasets import Dataset, Field

# A file's bytes; of a directory the bytes of each file in it, by name.
Content = bytes | tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Delivery:
    """A file as it lay in landing: what it held, and when it was modified (milliseconds since 1970 UTC)."""

    content: Content
    modified: int


# ---- names


STEMS = (
    "sales",
    "Sat\u0131ş",
    "a b",
    "100%",
    "x+y",
    "o'neil",
    "v[1]{2}",
    "${month}",
    "2024/01/day",
    "deep/er/file",
    "#1",
)


def new_name(dataset: Dataset, random: Random, number: int) -> str:
    """A name that no file had before; one of a directory has no dot, or ends in .parquet."""
    suffix = random.choice(dataset.suffixes)
    stem = f"{random.choice(STEMS)}_{number}" if random.random() < 0.5 else f"file_{number:03}"
    return f"{stem}_dir{suffix[1:]}" if suffix.startswith("/") else f"{stem}{suffix}"


def is_folder(name: str) -> bool:
    return "_dir" in name


# ---- cells, as texts


# Turkish has letters that other alphabets lack, or upper-case otherwise.
WORDS = (
    "çağ",
    "İstanbul",
    "\u0131ğd\u0131r",
    "plain",
    "two words",
    " led",
    "trailing ",
    "O'Neil",
    "a\\b",
    "null",
    "NaN",
    "1,5",
)
UNICODE = ("🛒 cart", "naïve “quoted”", "東京")
NOTES = ("${x}", "--", "#no comment", "'", "%20", "a=b;c", "tab\there", 'say "hi"', "a|b", "x, y")


def good(field: Field, dataset: Dataset, random: Random) -> str:
    """The text of a value that fits."""
    kind = field.type.partition("(")[0]
    return GOOD[kind](field, dataset, random)


def bad(field: Field, dataset: Dataset, random: Random) -> str:
    """The text of a value that does not fit; for a string there is none."""
    return random.choice(BAD[field.type.partition("(")[0]])


def _integer(field: Field, dataset: Dataset, random: Random) -> str:
    bits = 31 if field.type == "int" else 63
    edge = [str(2**bits - 1), str(-(2**bits)), "+5", "007", " 12", "13 ", "-0"]
    return random.choice(edge) if random.random() < 0.2 else str(random.randint(-(10**5), 10**6))


def _decimal(field: Field, dataset: Dataset, random: Random) -> str:
    if field.type != "decimal(8,2)":
        return f"{random.randint(-(10**28) + 1, 10**28 - 1)}.{random.randint(0, 10**10 - 1):010}"
    edge = [
        "999999.99",
        "-999999.99",
        "1.50000",
        "1e2",
        "25E-1",
        ".5",
        "+3.1",
        " 4.20 ",
        "-0.00",
        "0e1",
    ]
    return (
        random.choice(edge)
        if random.random() < 0.3
        else f"{random.randint(-(10**7), 10**7) / 100:.2f}"
    )


def _date(field: Field, dataset: Dataset, random: Random) -> str:
    day = date(1950, 1, 1) + timedelta(random.randint(0, 50_000))
    return day.strftime(dataset.date_format)


def _timestamp(field: Field, dataset: Dataset, random: Random) -> str:
    when = datetime(1975, 1, 1) + timedelta(seconds=random.randint(0, 2_000_000_000))
    if dataset.timestamp_format:
        return when.strftime(dataset.timestamp_format)
    text = when.strftime(
        random.choice(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
    )
    if len(text) == 16:
        return text
    return (
        text
        + random.choice(["", "", ".1", ".123", ".000001", ".120000"])
        + random.choice(["", "Z", "+03:00", "-05:30"])
    )


def _double(field: Field, dataset: Dataset, random: Random) -> str:
    edge = [
        "1e2",
        "-1.5E-3",
        "0.1",
        "-0.0",
        "1.7976931348623157e308",
        "123456789012345680",
        ".5",
        " 2.5 ",
    ]
    return random.choice(edge) if random.random() < 0.4 else repr(random.uniform(-1000, 1000))


def _string(field: Field, dataset: Dataset, random: Random) -> str:
    texts = [*WORDS, *NOTES, str(random.randint(0, 10**9))]
    if dataset.encoding == "utf-8":
        texts += UNICODE
    text = random.choice(texts)
    if random.random() < 0.2:
        text += random.choice(["", " ", dataset.separator, dataset.quote]) + random.choice(texts)
    if dataset.using == "csv" and dataset.whole and random.random() < 0.3:
        text += "\nand\n\nmore"
    return "" if random.random() < 0.05 else text


GOOD = {
    "int": _integer,
    "bigint": _integer,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "double": _double,
    "string": _string,
}
BAD = {
    "int": ["2147483648", "-99999999999", "1.0", "abc", "1,000", "0x1F", "1e2", "--1", "bad 1"],
    "bigint": ["9223372036854775808", "12.5", "twelve", "1 2", "9" * 40],
    "decimal": [
        "1.005",
        "1,5",
        "NaN",
        "1e-9999",
        "1e9999",
        "1e-9999999",
        "12e40",
        "0.001e-40",
        "x",
        "1.2.3",
    ],
    "date": ["2022-02-30", "2022-13-01", "31-02-2022", "2022", "2022-1-1", "yesterday", "01.02.22"],
    "timestamp": [
        "12:30",
        "2023",
        "2023-01-01",
        "2023-02-30 10:00:00",
        "2023-01-01 25:00:00",
        "2023-01-01T10",
        "2023-01-01 10:00:00.1234567",
        "noon",
    ],
    "double": ["1d", "1.5f", "0x1p3", "1e400", "-1e400", "one", "1,5", "1e"],
    "string": [],
}


# ---- rows


@dataclass(frozen=True)
class Shape:
    """How a file's columns stand: the fields that it has, in its order and spelling, and unknown ones (None).

    Files of one `variety` look alike: who delivers has a few ways to write a file.
    """

    variety: str
    columns: tuple[tuple[str, Field | None], ...]


def shape(dataset: Dataset, random: Random) -> Shape:
    """One of a few shapes of a dataset, that have every required field."""
    variety = f"{dataset.name}/{random.randrange(8)}"
    fields, random = list(dataset.fields), Random(variety)
    if not dataset.header:
        return Shape(variety, tuple((field.name, field) for field in fields))
    if random.random() < 0.4:
        fields = [field for field in fields if field.required or random.random() < 0.7]
    columns = [(_spelled(field, dataset, random), field) for field in fields]
    if len(columns) < 2 or random.random() < 0.4:
        columns.append((random.choice(["colour", "Extra Info", "unknown'1"]), None))
    if random.random() < 0.4:
        random.shuffle(columns)
    return Shape(variety, tuple(columns))


def _spelled(field: Field, dataset: Dataset, random: Random) -> str:
    if field.path or random.random() < 0.7:
        return field.name
    return random.choice([field.name.upper(), field.name.title(), field.name.replace("_", " ")])


def texts(dataset: Dataset, form: Shape, random: Random, chance: float) -> list[str | None]:
    """One row's cells as texts; with a `chance` one or two of them do not fit."""
    row = [_cell(field, dataset, random) for _, field in form.columns]
    if random.random() < chance:
        for _ in range(random.choice([1, 1, 2])):
            _spoil(row, dataset, form, random)
    return row


def _cell(field: Field | None, dataset: Dataset, random: Random) -> str | None:
    if field is None:
        return random.choice(["blue", "red", "7", None])
    if not field.required and random.random() < 0.1:
        return None
    return good(field, dataset, random)


def _spoil(row: list[str | None], dataset: Dataset, form: Shape, random: Random) -> None:
    """Plants a cell that does not fit, or empties a required one."""
    place, field = random.choice(
        [(n, f) for n, (_, f) in enumerate(form.columns) if f and f.type != "string"]
    )
    row[place] = None if field.required and random.random() < 0.3 else bad(field, dataset, random)


def row_count(random: Random) -> int:
    """Mostly few; at times so many that a kill hits the writing of them."""
    return random.randint(1000, 3000) if random.random() < 0.04 else random.randint(1, 25)


# ---- files


def make(dataset: Dataset, random: Random, name: str) -> Content:
    """A file of a name: mostly with rows, also without any, and at times one that cannot be used."""
    lot = random.random()
    makers = {"csv": _csv, "json": _json, "parquet": _parquet}
    if lot < 0.08:
        content = _empty(dataset, random, name)
    elif lot < 0.16:
        return _unusable(dataset, random, name)
    else:
        # Rows that do not fit: none, few, or more than a file may have.
        chance = random.choice([0, 0, 0, 0.1, 0.1, 0.6])
        content = makers[dataset.using](dataset, random, name, row_count(random), chance)
    return gzip.compress(content, mtime=0) if name.endswith(".gz") else content


def _csv(dataset: Dataset, random: Random, name: str, rows: int, chance: float) -> bytes:
    form = shape(dataset, random)
    end = random.choice(["\n", "\n", "\r\n"])
    lines = (
        [_csv_line([column for column, _ in form.columns], dataset, random)]
        if dataset.header
        else []
    )
    for _ in range(rows):
        cells = texts(dataset, form, random, chance)
        write = _broken_line if random.random() < chance / 4 else _csv_line
        lines.append(write(cells, dataset, random))
        if random.random() < 0.02:
            lines.append("")
    content = (end.join(lines) + (end if random.random() < 0.8 else "")).encode(dataset.encoding)
    if dataset.encoding != "utf-8":
        return content
    if chance and random.random() < 0.2:
        content += (
            (end + "caf").encode()
            + b"\xe9"
            + (dataset.separator * (len(form.columns) - 1) + end).encode()
        )
    return (b"\xef\xbb\xbf" if random.random() < 0.1 else b"") + content


def _csv_line(cells: Sequence[str | None], dataset: Dataset, random: Random) -> str:
    quote, written = dataset.quote, []
    for cell in cells:
        needs = cell is not None and (
            not cell
            or cell.startswith(quote)
            or any(sign in cell for sign in (dataset.separator, "\n", "\r"))
        )
        if needs or (cell is not None and random.random() < 0.2):
            written.append(quote + cell.replace(quote, quote * 2) + quote)
        else:
            written.append(cell or "")
    return dataset.separator.join(written)


def _broken_line(cells: Sequence[str | None], dataset: Dataset, random: Random) -> str:
    """A line with too many or too few fields, or, where lines are rows, with a quote that is not closed."""
    separator, line = dataset.separator, _csv_line(cells, dataset, random)
    ways = [f"{line}{separator}more", "77"]
    if not dataset.whole:
        ways.append(_csv_line(cells[:-1], dataset, random) + f"{separator}{dataset.quote}open")
    return random.choice(ways)


NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


def _json(dataset: Dataset, random: Random, name: str, rows: int, chance: float) -> bytes:
    form = shape(dataset, random)
    records = []
    for _ in range(rows):
        record = _record(dataset, form, random, chance)
        broken = random.random() < chance / 4
        records.append(_broken_record(record, dataset, random) if broken else record)
    if dataset.whole:
        if rows == 1 and random.random() < 0.5:
            return records[0].encode()
        gap = random.choice(["", " ", "\n  "])
        return (f"[{gap}" + f",{gap}".join(records) + f"{gap}]").encode()
    if random.random() < 0.1:
        records.insert(random.randint(0, len(records)), "")
    content = "\n".join(records).encode() + (b"\n" if random.random() < 0.8 else b"")
    if chance and random.random() < 0.2:
        content += b'\n{"id": 9, "note": "caf\xe9"}\n'
    return (b"\xef\xbb\xbf" if random.random() < 0.1 else b"") + content


def _record(dataset: Dataset, form: Shape, random: Random, chance: float) -> str:
    members = []
    for (column, field), cell in zip(
        form.columns, texts(dataset, form, random, chance), strict=True
    ):
        if cell is None:
            # An unknown name that is null: nobody says whether it is to be kept.
            if field and not field.path and random.random() < 0.5:
                members.append((column, "null"))
        elif field and field.path:
            members.append(("customer", json.dumps({"city": cell}, ensure_ascii=False)))
        else:
            members.append((column, _json_value(field, cell, random)))
    return "{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in members) + "}"


def _json_value(field: Field | None, cell: str, random: Random) -> str:
    kind = field.type if field else "string"
    if kind == "string":
        return random.choice(STRING_VALUES) if random.random() < 0.2 else _json_text(cell, random)
    # Numbers of other spellings stand in quotes.
    plain = NUMBER.fullmatch(cell) and len(cell) < 30 and (float(cell) or cell[0] != "-")
    whole = "." not in cell or kind not in ("int", "bigint")
    return cell if plain and whole and random.random() < 0.7 else _json_text(cell, random)


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


def _json_text(cell: str, random: Random) -> str:
    return json.dumps(cell, ensure_ascii=random.random() < 0.3)


def _broken_record(record: str, dataset: Dataset, random: Random) -> str:
    if dataset.whole:
        return random.choice(["7", '"text"', "[7]"])
    return random.choice(
        [record[:-1], record + record, "[7]", '{"id": 5, "ID": 6}', "no json", record + " x"]
    )


def _empty(dataset: Dataset, random: Random, name: str) -> Content:
    """A file without rows."""
    if dataset.using == "parquet":
        return _parquet(dataset, random, name, 0, 0)
    if dataset.using == "json":
        return random.choice(
            [b"[]", b"[\n]", b" [ ] \n", b"\xef\xbb\xbf[]"] if dataset.whole else [b"", b"\n\n"]
        )
    header = (
        dataset.separator.join(field.name for field in dataset.fields).encode()
        if dataset.header
        else b""
    )
    return random.choice([b"", b"\n\n", header, header + b"\n", header + b"\r\n\r\n"])


def _unusable(dataset: Dataset, random: Random, name: str) -> Content:
    """A file that is rejected: cut off, of another kind, or without a required column."""
    if dataset.using == "parquet":
        return _unusable_parquet(dataset, random, name)
    whole = {"csv": _csv, "json": _json}[dataset.using](dataset, random, name, 40, 0)
    if name.endswith(".gz"):
        packed = gzip.compress(whole, mtime=0)
        return packed[: len(packed) // 2]
    if dataset.using == "json":
        halved = whole[: len(whole) // 2] if dataset.whole else b"\x89PNG\xff\xfe" * 40
        return random.choice([halved, b'{"id": 1}\n{"id": 2}\n'] if dataset.whole else [halved])
    if not dataset.header:
        return b"\x89PNG\xff\xfe" * 40
    others = [field.name for field in dataset.fields if not field.required]
    lacking = (
        dataset.separator.join(others) + "\n" + dataset.separator.join("x" for _ in others) + "\n"
    )
    return random.choice(
        [
            lacking.encode(),
            b"PNG\x01\x02" * 40,
            b"id,id\n1,2\n".replace(b",", dataset.separator.encode()),
        ]
    )


# ---- parquet, as pyarrow, pandas and Spark write it


def _parquet(dataset: Dataset, random: Random, name: str, rows: int, chance: float) -> Content:
    form = shape(dataset, random)
    if not is_folder(name):
        return _parquet_bytes(dataset, form, random, rows, chance)
    parts, number = [("_SUCCESS", b"")], random.randint(1, 3)
    for part in range(number):
        content = _parquet_bytes(
            dataset, form, random, rows if number == 1 else random.randint(0, rows), chance
        )
        # Spark names each write's files anew.
        member = f"part-{part:05}-{random.getrandbits(64):016x}.snappy.parquet"
        parts += [(member, content), (f".{member}.crc", _checksum(content))]
    return tuple(parts)


def _checksum(content: bytes) -> bytes:
    """As Hadoop keeps it beside a file: a CRC of every 512 bytes."""
    chunks = (content[at : at + 512] for at in range(0, len(content), 512))
    return (
        b"crc\0"
        + struct.pack(">i", 512)
        + b"".join(struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    )


def _parquet_bytes(
    dataset: Dataset, form: Shape, random: Random, rows: int, chance: float
) -> bytes:
    cells = [texts(dataset, form, random, 0) for _ in range(rows)]
    arrays, names = [], []
    for place, (column, field) in enumerate(form.columns):
        kind = field.type if field else "string"
        # What is not text and not in the contract is rescued in ways that nobody promised.
        write = (
            _strings if field is None else Random(f"{form.variety}/{column}").choice(WRITERS[kind])
        )
        arrays.append(write(kind, [row[place] for row in cells], random, chance))
        names.append(column)
    if rows and chance:
        place = next(n for n, (_, field) in enumerate(form.columns) if field and field.required)
        values = [
            None if random.random() < chance / 3 else value for value in arrays[place].to_pylist()
        ]
        arrays[place] = pa.array(values, arrays[place].type)
    return _written(pa.table(arrays, names), random)


def _values(cells: list, random: Random, chance: float, value, wrong=None) -> list:
    """A value for each cell that is not null; with a `chance` a wrong one."""
    return [
        None if cell is None else wrong() if wrong and random.random() < chance / 2 else value(cell)
        for cell in cells
    ]


def _int8(kind, cells, random, chance):
    return pa.array(_values(cells, random, 0, lambda _: random.randint(-128, 127)), pa.int8())


def _int32(kind, cells, random, chance):
    return pa.array(
        _values(cells, random, 0, lambda _: random.randint(-(10**5), 10**5)), pa.int32()
    )


def _int64(kind, cells, random, chance):
    wrong = (lambda: 2**31 + random.randint(0, 9)) if kind == "int" else None
    return pa.array(
        _values(cells, random, chance, lambda _: random.randint(-(10**9), 10**9), wrong), pa.int64()
    )


def _whole_doubles(kind, cells, random, chance):
    return pa.array(
        _values(cells, random, chance, lambda _: float(random.randint(-999, 999)), lambda: 5.5),
        pa.float64(),
    )


def _narrow_decimals(kind, cells, random, chance):
    return pa.array(
        _values(cells, random, 0, lambda _: Decimal(random.randint(-9999, 9999)).scaleb(-1)),
        pa.decimal128(5, 1),
    )


def _wide_decimals(kind, cells, random, chance):
    def value(_):
        return Decimal(random.randint(-(10**7), 10**7)).scaleb(-2)

    return pa.array(
        _values(cells, random, chance, value, lambda: Decimal("1.00500")), pa.decimal128(20, 5)
    )


def _quarters(kind, cells, random, chance):
    return pa.array(
        _values(cells, random, chance, lambda _: random.randint(-999, 999) / 4, lambda: 1.125),
        pa.float64(),
    )


def _dates(kind, cells, random, chance):
    return pa.array(
        _values(cells, random, 0, lambda _: date(1970, 1, 1) + timedelta(random.randint(0, 20000))),
        pa.date32(),
    )


def _midnights(kind, cells, random, chance):
    day = datetime(1970, 1, 1)
    return pa.array(
        _values(cells, random, 0, lambda _: day + timedelta(random.randint(0, 20000))),
        pa.timestamp("ns"),
    )


def _timestamps(kind, cells, random, chance):
    unit, zone = random.choice(
        [("ms", "UTC"), ("us", "UTC"), ("us", None), ("ns", None), ("ns", "Europe/Istanbul")]
    )

    def value(_):
        moment = datetime(1975, 1, 1) + timedelta(milliseconds=random.randint(0, 2 * 10**12))
        return moment.replace(tzinfo=timezone.utc) if zone else moment

    return pa.array(_values(cells, random, 0, value), pa.timestamp(unit, zone))


def _doubles(kind, cells, random, chance):
    return pa.array(_values(cells, random, 0, lambda _: random.uniform(-1000, 1000)), pa.float64())


def _floats(kind, cells, random, chance):
    return pa.array(
        _values(cells, random, 0, lambda _: random.randint(-999, 999) / 8), pa.float32()
    )


def _strings(kind, cells, random, chance):
    return pa.array(cells, pa.string())


def _large_strings(kind, cells, random, chance):
    return pa.array(cells, pa.large_string())


def _binaries(kind, cells, random, chance):
    return pa.array([None if cell is None else cell.encode() for cell in cells], pa.binary())


def _as_text(kind, cells, random, chance):
    """The texts of other formats."""
    return pa.array(
        _values(cells, random, chance, str, lambda: random.choice(BAD[kind.partition("(")[0]])),
        pa.string(),
    )


# The types that writers choose for a column.
WRITERS = {
    "int": (_int32, _int64, _int8, _whole_doubles, _as_text),
    "bigint": (_int32, _int64, _as_text),
    "decimal(8,2)": (_narrow_decimals, _wide_decimals, _quarters, _int32, _as_text),
    "date": (_dates, _midnights, _as_text),
    "timestamp": (_timestamps, _timestamps, _timestamps, _dates, _as_text),
    "double": (_doubles, _floats, _int32, _as_text),
    "string": (_strings, _strings, _large_strings, _binaries, _int32),
}


def _written(table: pa.Table, random: Random) -> bytes:
    out = io.BytesIO()
    parquet.write_table(
        table,
        out,
        compression=random.choice(["snappy", "zstd", "gzip", "none"]),
        row_group_size=random.choice([5, 1_000_000]),
        use_dictionary=random.random() < 0.5,
        version=random.choice(["2.4", "2.6"]),
        # As Spark writes timestamps unless told otherwise.
        use_deprecated_int96_timestamps=random.random() < 0.2,
    )
    return out.getvalue()


def _unusable_parquet(dataset: Dataset, random: Random, name: str) -> Content:
    content = _parquet_bytes(dataset, shape(dataset, random), random, 30, 0)
    lacking = _written(pa.table({"note": ["x", "y"]}), random)
    spoiled = random.choice([content[: len(content) // 2], lacking, b"\x89PNG\xff\xfe" * 40])
    if not is_folder(name):
        return spoiled
    return (("_SUCCESS", b""), ("part-00000-a.parquet", content), ("part-00001-b.parquet", spoiled))
