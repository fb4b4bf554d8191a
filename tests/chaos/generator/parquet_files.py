"""Random parquet files and directories, as pyarrow, pandas and Spark write them."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random

import pyarrow as pa
from pyarrow import parquet

from tests.chaos.datasets import Dataset
from tests.chaos.deliveries import Content, is_directory
from tests.chaos.generator.cells import invalid_text
from tests.chaos.generator.rows import Layout, draw_layout, draw_row


def parquet_file(
    dataset: Dataset, random: Random, name: str, rows: int, invalid_rate: float
) -> Content:
    """A parquet file or directory; the rate is the probability that a row has invalid cells."""
    layout = draw_layout(dataset, random)
    if not is_directory(name):
        return _file(dataset, layout, random, rows, invalid_rate)
    parts, count = [("_SUCCESS", b"")], random.randint(1, 3)
    for number in range(count):
        part_rows = rows if count == 1 else random.randint(0, rows)
        content = _file(dataset, layout, random, part_rows, invalid_rate)
        # Spark gives the files of each write new names.
        part = f"part-{number:05}-{random.getrandbits(64):016x}.snappy.parquet"
        parts += [(part, content), (f".{part}.crc", _checksums(content))]
    return tuple(parts)


def invalid_parquet_file(dataset: Dataset, random: Random, name: str) -> Content:
    """A truncated or binary file, a file without a required column, or a directory with one."""
    valid = _file(dataset, draw_layout(dataset, random), random, 30, 0)
    incomplete = _bytes_of(pa.table({"note": ["x", "y"]}), random)
    invalid = random.choice([valid[: len(valid) // 2], incomplete, b"\x89PNG\xff\xfe" * 40])
    if not is_directory(name):
        return invalid
    return (("_SUCCESS", b""), ("part-00000-a.parquet", valid), ("part-00001-b.parquet", invalid))


def _checksums(content: bytes) -> bytes:
    """The .crc file that Hadoop writes with a file: a CRC of every 512 bytes."""
    chunks = (content[at : at + 512] for at in range(0, len(content), 512))
    checksums = (struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"crc\0" + struct.pack(">i", 512) + b"".join(checksums)


def _file(
    dataset: Dataset, layout: Layout, random: Random, rows: int, invalid_rate: float
) -> bytes:
    cells = [draw_row(dataset, layout, random, 0) for _ in range(rows)]
    arrays = []
    for position, (column, field) in enumerate(layout.columns):
        # docs/loading.md does not define the rescued text of other types.
        writers = WRITERS[field.type] if field else [STRINGS]
        write = Random(f"{layout.key}/{column}").choice(writers)
        arrays.append(write([row[position] for row in cells], random, invalid_rate))
    if rows and invalid_rate:
        required = [bool(field and field.required) for _, field in layout.columns].index(True)
        values = [
            None if random.random() < invalid_rate / 3 else value
            for value in arrays[required].to_pylist()
        ]
        arrays[required] = pa.array(values, arrays[required].type)
    return _bytes_of(pa.table(arrays, [column for column, _ in layout.columns]), random)


def _bytes_of(table: pa.Table, random: Random) -> bytes:
    out = io.BytesIO()
    parquet.write_table(
        table,
        out,
        compression=random.choice(["snappy", "zstd", "gzip", "none"]),
        row_group_size=random.choice([5, 1_000_000]),
        use_dictionary=random.random() < 0.5,
        version=random.choice(["2.4", "2.6"]),
        # Spark's default for timestamps.
        use_deprecated_int96_timestamps=random.random() < 0.2,
    )
    return out.getvalue()


# ---- the pyarrow types that writers choose for a column

# A function of the texts of a column's cells, the random source and the rate of invalid cells.
Writer = Callable[[Sequence[str | None], Random, float], pa.Array]


def _column(
    arrow_type: pa.DataType,
    valid: Callable[[str, Random], object],
    invalid: Callable[[Random], object] | None = None,
) -> Writer:
    """A writer that makes a valid or an invalid value for each cell that is not null."""

    def value(cell: str, random: Random, invalid_rate: float) -> object:
        if invalid and random.random() < invalid_rate / 2:
            return invalid(random)
        return valid(cell, random)

    def write(cells: Sequence[str | None], random: Random, invalid_rate: float) -> pa.Array:
        values = [None if cell is None else value(cell, random, invalid_rate) for cell in cells]
        return pa.array(values, arrow_type)

    return write


def _texts(kind: str) -> Writer:
    """The texts that CSV and JSON files hold."""
    return _column(pa.string(), lambda cell, _: cell, lambda random: invalid_text(kind, random))


def _billions(_, random: Random) -> int:
    return random.randint(-(10**9), 10**9)


def _day(random: Random) -> timedelta:
    return timedelta(random.randint(0, 20000))


def _timestamps(cells: Sequence[str | None], random: Random, invalid_rate: float) -> pa.Array:
    unit, zone = random.choice(
        [("ms", "UTC"), ("us", "UTC"), ("us", None), ("ns", None), ("ns", "Europe/Istanbul")]
    )

    def moment(_, random: Random) -> datetime:
        time = datetime(1975, 1, 1) + timedelta(milliseconds=random.randint(0, 2 * 10**12))
        return time.replace(tzinfo=timezone.utc) if zone else time

    return _column(pa.timestamp(unit, zone), moment)(cells, random, invalid_rate)


INT8 = _column(pa.int8(), lambda _, random: random.randint(-128, 127))
INT32 = _column(pa.int32(), lambda _, random: random.randint(-(10**5), 10**5))
INT64 = _column(pa.int64(), _billions)
INT64_BEYOND_INT = _column(pa.int64(), _billions, lambda random: 2**31 + random.randint(0, 9))
WHOLE_DOUBLES = _column(
    pa.float64(), lambda _, random: float(random.randint(-999, 999)), lambda random: 5.5
)
QUARTERS = _column(
    pa.float64(), lambda _, random: random.randint(-999, 999) / 4, lambda random: 1.125
)
DOUBLES = _column(pa.float64(), lambda _, random: random.uniform(-1000, 1000))
FLOATS = _column(pa.float32(), lambda _, random: random.randint(-999, 999) / 8)
NARROW_DECIMALS = _column(
    pa.decimal128(5, 1), lambda _, random: Decimal(random.randint(-9999, 9999)).scaleb(-1)
)
WIDE_DECIMALS = _column(
    pa.decimal128(20, 5),
    lambda _, random: Decimal(random.randint(-(10**7), 10**7)).scaleb(-2),
    lambda random: Decimal("1.00500"),
)
DATES = _column(pa.date32(), lambda _, random: date(1970, 1, 1) + _day(random))
MIDNIGHTS = _column(pa.timestamp("ns"), lambda _, random: datetime(1970, 1, 1) + _day(random))
STRINGS = _column(pa.string(), lambda cell, _: cell)
LARGE_STRINGS = _column(pa.large_string(), lambda cell, _: cell)
BINARIES = _column(pa.binary(), lambda cell, _: cell.encode())

WRITERS = {
    "int": (INT32, INT64_BEYOND_INT, INT8, WHOLE_DOUBLES, _texts("int")),
    "bigint": (INT32, INT64, _texts("bigint")),
    "decimal(8,2)": (NARROW_DECIMALS, WIDE_DECIMALS, QUARTERS, INT32, _texts("decimal")),
    "date": (DATES, MIDNIGHTS, _texts("date")),
    "timestamp": (_timestamps, _timestamps, _timestamps, DATES, _texts("timestamp")),
    "double": (DOUBLES, FLOATS, INT32, _texts("double")),
    "string": (STRINGS, STRINGS, LARGE_STRINGS, BINARIES, INT32),
}
