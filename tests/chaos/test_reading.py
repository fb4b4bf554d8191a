"""The oracle's reading of cells and files, without a server."""

import csv
import gzip
import io
from datetime import datetime
from decimal import Decimal
from random import Random

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.chaos.datasets import (
    ARRAYS,
    COLUMNAR,
    LINES,
    NEWEST,
    PLAIN,
    SPANNING,
    TURKISH,
    Dataset,
    Field,
)
from tests.chaos.generator.files import draw_content
from tests.chaos.oracle.cells import InvalidCell, cell_value
from tests.chaos.oracle.reading import MALFORMED, read

CELLS = [
    ("int", " 12 ", 12),
    ("int", "2147483648", InvalidCell),
    ("int", "1.0", InvalidCell),
    ("bigint", "-9223372036854775808", -(2**63)),
    ("decimal(8,2)", "1.50000", Decimal("1.50")),
    ("decimal(8,2)", "1e2", Decimal("100.00")),
    ("decimal(8,2)", "1.005", InvalidCell),
    ("decimal(8,2)", "1000000", InvalidCell),
    ("decimal(8,2)", "1e-9999999", InvalidCell),
    (
        "decimal(38,10)",
        "1234567890123456789012345678.0123456789",
        Decimal("1234567890123456789012345678.0123456789"),
    ),
    ("double", "1e400", InvalidCell),
    ("double", "1d", InvalidCell),
    ("double", "-0", "-0.0"),
    ("date", "2024-02-29", "2024-02-29"),
    ("date", "2023-02-29", InvalidCell),
    ("date", "2023-1-1", InvalidCell),
    ("timestamp", "2023-01-01T10:30", "2023-01-01 10:30:00.000000"),
    ("timestamp", "2023-01-01 00:30:00.12+03:00", "2022-12-31 21:30:00.120000"),
    ("timestamp", "2023-01-01", InvalidCell),
    ("timestamp", "12:30", InvalidCell),
    ("string", "", ""),
    ("int", "", None),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CELLS)
def test_a_cell_is_valid_if_its_type_holds_it_exactly(kind, text, expected):
    field = Field("any", kind)
    if expected is InvalidCell:
        with pytest.raises(InvalidCell):
            cell_value(field, PLAIN, text)
    else:
        assert cell_value(field, PLAIN, text) == expected


def rows_of(dataset: Dataset, content: bytes, *names: str, file: str = "a") -> list[tuple]:
    """The named fields and the rescued cells of each accepted row."""
    positions = [[field.name for field in dataset.fields].index(name) for name in names]
    return [
        (*(row[position] for position in positions), row[-1])
        for row in read(dataset, file, content).rows
    ]


def test_csv_columns_match_by_name_and_unknown_cells_are_rescued():
    content = b'\xef\xbb\xbfcolour,Note,ID,Sold On\nred,"a, ""b""",1,2022-01-02\n\n,"",2,\n'
    assert rows_of(PLAIN, content, "id", "note", "sold_on") == [
        (1, 'a, "b"', "2022-01-02", (("colour", "red"),)),
        (2, "", None, None),
    ]


def test_invalid_and_malformed_csv_rows_are_rejected():
    lines = ["id,note", "x,good", "1,two,three", "2", '3,"open', ",no id", "4,fits", "5,caf"]
    reading = read(PLAIN, "a.csv", "\n".join(lines).encode() + b"\xe9\n")
    assert reading.rejects == (
        (("id", "x"),),
        MALFORMED,
        MALFORMED,
        MALFORMED,
        (("id", None),),
        MALFORMED,
    )
    assert (len(reading.rows), reading.count, reading.over_limit) == (1, 7, True)


def test_csv_options_are_followed():
    assert rows_of(SPANNING, b'id;note\r\n1;"two\nlines;"\r\n', "id", "note") == [
        (1, "two\nlines;", None)
    ]
    turkish = "id\tsold_on\tnote\n1\t31.12.2022\tİğ\n".encode("windows-1254")
    assert rows_of(TURKISH, turkish, "sold_on", "note") == [("2022-12-31", "İğ", None)]
    assert rows_of(NEWEST, b"1||||||'it''s'\n", "id", "note") == [(1, "it's", None)]


def test_csv_has_the_rows_that_pythons_csv_module_finds():
    for seed in range(30):
        random = Random(seed)
        content = draw_content(SPANNING, random, "a.csv")
        text = content.decode(errors="replace").removeprefix("\ufeff")
        split = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") if row]
        reading = read(SPANNING, "a.csv", content)
        assert reading.file_error or reading.count == max(len(split) - 1, 0)


def test_json_numbers_keep_their_text_and_a_line_is_one_object():
    lines = [
        b'{"ID": 1, "note": 1.10, "size": [1, {"a": true}], "customer": {"city": "Bursa"}}',
        b'{"id": 2}{"id": 3}',
        b'{"id": 4, "ID": 5}',
        b"[6]",
        b'{"id": "7", "amount": "1.005"}',
        b"",
    ]
    reading = read(LINES, "a.json", b"\n".join(lines))
    [row] = reading.rows
    assert (row[0], row[6], row[7]) == (1, "1.10", "Bursa")
    assert row[-1] == (("customer", '{"city":"Bursa"}'), ("size", '[1,{"a":true}]'))
    assert reading.rejects == (MALFORMED, MALFORMED, MALFORMED, (("amount", "1.005"),))


@pytest.mark.parametrize(
    ("content", "accepted", "rejected"),
    [
        (b"[\n]", 0, 0),
        (b'{"id": 1}', 1, 0),
        (b'[{"id": 1}, 7]', 1, 1),
        (b'{"id": 1}\n{"id": 2}', 0, 1),
        (b'[{"id": 1}', 0, 1),
    ],
)
def test_a_multi_line_json_file_is_one_array_or_object(content, accepted, rejected):
    reading = read(ARRAYS, "a.json", content)
    assert not reading.file_error
    assert (len(reading.rows), len(reading.rejects)) == (accepted, rejected)


def test_parquet_values_are_cast_exactly():
    table = pa.table(
        {
            "Id": pa.array([1, 2**31], pa.int64()),
            "amount": pa.array([0.25, 1.125]),
            "sold_at": pa.array([datetime(2022, 1, 2, 3)] * 2, pa.timestamp("ns")),
            "extra": [7, None],
        }
    )
    file = io.BytesIO()
    parquet.write_table(table, file)
    for content in (file.getvalue(), (("_SUCCESS", b""), ("part-0.parquet", file.getvalue()))):
        [row] = rows_of(COLUMNAR, content, "id", "amount", "sold_at")
        assert row == (1, Decimal("0.25"), "2022-01-02 03:00:00.000000", (("extra", "7"),))
        assert read(COLUMNAR, "a", content).rejects == ((("amount", "1.125"), ("id", str(2**31))),)


def test_invalid_files_have_a_file_error():
    packed = gzip.compress(b"id,note\n1,x\n")
    assert read(PLAIN, "a.csv.gz", packed).count == 1
    assert read(PLAIN, "a.csv.gz", packed[:-9]).file_error
    assert read(PLAIN, "a.csv", b"note\nx\n").file_error
    assert read(COLUMNAR, "a.parquet", b"PAR1 junk").file_error
    assert not read(PLAIN, "a.csv", b"").file_error
