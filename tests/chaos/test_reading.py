"""The independent reading by itself: what it makes of cells and files, without a server."""

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
    DATASETS,
    LINES,
    NEWEST,
    PLAIN,
    SPANNING,
    TURKISH,
    Dataset,
    Field,
)
from tests.chaos.deliveries import Delivery, make, new_name
from tests.chaos.reading import WHOLE, Misfit, read_as, value_of
from tests.chaos.world import Fate, World, draw, loaded, table_loaded

CELLS = [
    ("int", " 12 ", 12),
    ("int", "2147483648", Misfit),
    ("int", "1.0", Misfit),
    ("bigint", "-9223372036854775808", -(2**63)),
    ("decimal(8,2)", "1.50000", Decimal("1.50")),
    ("decimal(8,2)", "1e2", Decimal("100.00")),
    ("decimal(8,2)", "1.005", Misfit),
    ("decimal(8,2)", "1000000", Misfit),
    ("decimal(8,2)", "1e-9999999", Misfit),
    (
        "decimal(38,10)",
        "1234567890123456789012345678.0123456789",
        Decimal("1234567890123456789012345678.0123456789"),
    ),
    ("double", "1e400", Misfit),
    ("double", "1d", Misfit),
    ("double", "-0", "-0.0"),
    ("date", "2024-02-29", "2024-02-29"),
    ("date", "2023-02-29", Misfit),
    ("date", "2023-1-1", Misfit),
    ("timestamp", "2023-01-01T10:30", "2023-01-01 10:30:00.000000"),
    ("timestamp", "2023-01-01 00:30:00.12+03:00", "2022-12-31 21:30:00.120000"),
    ("timestamp", "2023-01-01", Misfit),
    ("timestamp", "12:30", Misfit),
    ("string", "", ""),
    ("int", "", None),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CELLS)
def test_a_cell_is_what_its_type_holds_exactly(kind, text, expected):
    field = Field("any", kind)
    if expected is Misfit:
        with pytest.raises(Misfit):
            value_of(field, PLAIN, text)
    else:
        assert value_of(field, PLAIN, text) == expected


def rows_of(dataset: Dataset, content: bytes, *names: str, file: str = "a") -> list[tuple]:
    """Of each row that fits the named fields, and last what is rescued."""
    places = [[field.name for field in dataset.fields].index(name) for name in names]
    return [
        (*(row[place] for place in places), row[-1]) for row in read_as(dataset, file, content).rows
    ]


def test_csv_is_matched_by_name_and_unknown_cells_are_rescued():
    content = b'\xef\xbb\xbfcolour,Note,ID,Sold On\nred,"a, ""b""",1,2022-01-02\n\n,"",2,\n'
    assert rows_of(PLAIN, content, "id", "note", "sold_on") == [
        (1, 'a, "b"', "2022-01-02", (("colour", "red"),)),
        (2, "", None, None),
    ]


def test_csv_rows_that_do_not_fit():
    lines = ["id,note", "x,good", "1,two,three", "2", '3,"open', ",no id", "4,fits", "5,caf"]
    reading = read_as(PLAIN, "a.csv", "\n".join(lines).encode() + b"\xe9\n")
    assert reading.misfits == ((("id", "x"),), WHOLE, WHOLE, WHOLE, (("id", None),), WHOLE)
    assert (len(reading.rows), reading.count, reading.held_back) == (1, 7, True)


def test_csv_of_other_options():
    assert rows_of(SPANNING, b'id;note\r\n1;"two\nlines;"\r\n', "id", "note") == [
        (1, "two\nlines;", None)
    ]
    turkish = "id\tsold_on\tnote\n1\t31.12.2022\tİğ\n".encode("windows-1254")
    assert rows_of(TURKISH, turkish, "sold_on", "note") == [("2022-12-31", "İğ", None)]
    assert rows_of(NEWEST, b"1||||||'it''s'\n", "id", "note") == [(1, "it's", None)]


def test_cells_are_split_as_pythons_csv_splits_them():
    for seed in range(30):
        random = Random(seed)
        content = make(SPANNING, random, "a.csv")
        text = content.decode(errors="replace").removeprefix("\ufeff")
        split = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=";") if row]
        reading = read_as(SPANNING, "a.csv", content)
        assert reading.unusable or reading.count == max(len(split) - 1, 0)


def test_json_keeps_the_text_of_numbers_and_takes_one_object_for_a_line():
    lines = [
        b'{"ID": 1, "note": 1.10, "size": [1, {"a": true}], "customer": {"city": "Bursa"}}',
        b'{"id": 2}{"id": 3}',
        b'{"id": 4, "ID": 5}',
        b"[6]",
        b'{"id": "7", "amount": "1.005"}',
        b"",
    ]
    reading = read_as(LINES, "a.json", b"\n".join(lines))
    [row] = reading.rows
    assert (row[0], row[6], row[7]) == (1, "1.10", "Bursa")
    assert row[-1] == (("customer", '{"city":"Bursa"}'), ("size", '[1,{"a":true}]'))
    assert reading.misfits == (WHOLE, WHOLE, WHOLE, (("amount", "1.005"),))


@pytest.mark.parametrize(
    ("content", "fit", "unfit"),
    [
        (b"[\n]", 0, 0),
        (b'{"id": 1}', 1, 0),
        (b'[{"id": 1}, 7]', 1, 1),
        (b'{"id": 1}\n{"id": 2}', 0, 1),
        (b'[{"id": 1}', 0, 1),
    ],
)
def test_a_json_file_is_one_array_or_object(content, fit, unfit):
    reading = read_as(ARRAYS, "a.json", content)
    assert (len(reading.rows), len(reading.misfits), reading.unusable) == (fit, unfit, "")


def test_parquet_values_are_cast_exactly():
    table = pa.table(
        {
            "Id": pa.array([1, 2**31], pa.int64()),
            "amount": pa.array([0.25, 1.125]),
            "sold_at": pa.array([datetime(2022, 1, 2, 3)] * 2, pa.timestamp("ns")),
            "extra": [7, None],
        }
    )
    stored = io.BytesIO()
    parquet.write_table(table, stored)
    for content in (stored.getvalue(), (("_SUCCESS", b""), ("part-0.parquet", stored.getvalue()))):
        [row] = rows_of(COLUMNAR, content, "id", "amount", "sold_at")
        assert row == (1, Decimal("0.25"), "2022-01-02 03:00:00.000000", (("extra", "7"),))
        assert read_as(COLUMNAR, "a", content).misfits == (
            (("amount", "1.125"), ("id", str(2**31))),
        )


def test_files_that_cannot_be_used():
    packed = gzip.compress(b"id,note\n1,x\n")
    assert read_as(PLAIN, "a.csv.gz", packed).count == 1
    assert read_as(PLAIN, "a.csv.gz", packed[:-9]).unusable
    assert read_as(PLAIN, "a.csv", b"note\nx\n").unusable
    assert read_as(COLUMNAR, "a.parquet", b"PAR1 junk").unusable
    assert not read_as(PLAIN, "a.csv", b"").unusable


# ---- the world


def test_a_seed_makes_the_same_files_again():
    def drawn(seed: str) -> list[str]:
        world, random, told = World(), Random(seed), []
        for _ in range(60):
            action = draw(world, random.choice(DATASETS), random)
            world.take(action)
            told.append(repr(action))
        return told

    assert drawn("7/1") == drawn("7/1") != drawn("7/2")


def test_every_kind_of_file_is_made():
    for dataset in DATASETS:
        kinds = set()
        for seed in range(80):
            random = Random(seed)
            name = new_name(dataset, random, seed)
            reading = read_as(dataset, name, make(dataset, random, name))
            kinds |= {"unusable"} if reading.unusable else {"empty"} if not reading.count else set()
            kinds |= (
                {"held back"} if reading.held_back else {"misfits"} if reading.misfits else {"fits"}
            )
        assert kinds >= {"empty", "held back", "misfits", "fits"}
        assert dataset is NEWEST or "unusable" in kinds


GOOD, OTHER, LACKING = (Delivery(b"id\n1\n", 1), Delivery(b"id\n2\n", 2), Delivery(b"note\nx\n", 3))


def test_a_rejected_correction_leaves_the_rows():
    fate = loaded(PLAIN, "a", Fate(), GOOD)
    assert fate == Fate(GOOD, GOOD, "loaded")
    assert loaded(PLAIN, "a", fate, LACKING) == Fate(GOOD, LACKING, "rejected")
    assert loaded(PLAIN, "a", fate, OTHER) == Fate(OTHER, OTHER, "loaded")


def test_the_newest_file_is_the_whole_table():
    old, new, empty = (Delivery(b"1||||||x\n", 1), Delivery(b"2||||||x\n", 2), Delivery(b"", 3))
    table = table_loaded(NEWEST, (), {"a": old})
    table = table_loaded(NEWEST, table, {"a": old, "b": new})
    assert dict(table) == {"a": Fate(None, old, "superseded"), "b": Fate(new, new, "loaded")}
    assert dict(table_loaded(NEWEST, table, {"a": old})) == {
        "a": Fate(old, old, "loaded"),
        "b": Fate(None, new, "superseded"),
    }
    assert dict(table_loaded(NEWEST, table, {"b": new, "c": empty})) == dict(table) | {
        "c": Fate(None, empty, "rejected")
    }
