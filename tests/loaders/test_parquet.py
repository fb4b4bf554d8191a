"""Parquet files: other schemas, other types, other writers, and damaged files."""

from decimal import Decimal

import duckdb
import pyarrow
from pyarrow import parquet

from loaders.contract import Column
from tests.loaders.bench import COLUMNS


def test_parquet_columns_are_matched_by_name_and_cast(bench):
    bench.change(using="parquet", options={})
    shapes = {
        "narrow.parquet": "select 1::tinyint as id, 'a' as note",
        "other_order.parquet": """
            select 'b' as "NOTE", 2.5::double as amount, 2::bigint as "Id", 7 as extra""",
        "same_a.parquet": "select 3 as id, timestamp '2022-01-02 00:00:00' as sold_on",
        "same_b.parquet": "select 4 as id, timestamp '2022-01-02 10:00:00' as sold_on",
        "odd [x]{y}*.parquet": "select 5 as id, 1.005::double as amount",
        "none.parquet": "select 6 as id where false",
        "too_big.parquet": "select 3000000000 as id",
    }
    for name, query in shapes.items():
        duckdb.sql(f"copy ({query}) to '{bench.folder}/made' (format parquet)")
        (bench.folder / "made").rename(bench.folder / name)
    content = (bench.folder / "narrow.parquet").read_bytes()
    bench.put_bytes("cut.parquet", content[: len(content) // 2])
    # A folder as Spark writes it is one delivery.
    bench.put_bytes("spark.parquet/part-0.parquet", content)
    bench.put_bytes("spark.parquet/_SUCCESS", b"")
    report = bench.load()
    assert bench.rows("id, sold_on, amount, note, _rescued_data") == [
        (1, None, None, "a", None),
        (1, None, None, "a", None),
        (2, None, Decimal("2.50"), "b", '{"extra":7}'),
        (3, "2022-01-02", None, None, None),
    ]
    assert sorted((row[2], row[4]) for row in bench.quarantined()) == [
        ('["amount"]', '["is not a valid decimal(8,2)"]'),
        ('["id"]', '["is not a valid int"]'),
        ('["sold_on"]', '["is not a valid date"]'),
    ]
    assert (report.files_new, report.files_rejected) == (8, 1)
    assert any(
        "cut.parquet was rejected: it cannot be read as parquet" in note for note in report.notes
    )


def test_a_damaged_page_rejects_its_file_and_no_other(bench):
    bench.change(using="parquet", options={})
    for name in ("good", "bad"):
        duckdb.sql(
            f"copy (select range::int as id, md5(range::text) as note from range(20000)) "
            f"to '{bench.folder}/{name}.parquet' (format parquet)"
        )
    content = bytearray((bench.folder / "bad.parquet").read_bytes())
    content[20:2000] = b"\xff" * 1980
    bench.put_bytes("bad.parquet", bytes(content))
    report = bench.load()
    assert (report.files_new, report.files_rejected, report.rows_loaded) == (1, 1, 20000)


def test_nanoseconds_and_bytes_are_converted_or_rejected(bench):
    bench.change(
        using="parquet",
        options={},
        columns=(COLUMNS[0], Column("at", "timestamp"), Column("note", "string")),
    )
    whole, parts = 1_700_000_000_123_456_000, 1_700_000_000_123_456_789
    nulls = pyarrow.table({"id": [5], "at": pyarrow.nulls(1), "note": pyarrow.nulls(1)})
    parquet.write_table(nulls, bench.folder / "nulls.parquet")
    table = pyarrow.table(
        {
            "id": [1, 2, 3, 4],
            "at": pyarrow.array([whole, parts, None, -1_000], pyarrow.timestamp("ns")),
            "note": pyarrow.array([b"a", b"b", b"\xff", None], pyarrow.binary()),
        }
    )
    parquet.write_table(table, bench.folder / "pandas.parquet")
    report = bench.load()
    assert bench.rows("id, string(at), note") == [
        (1, "2023-11-14 22:13:20.123456", "a"),
        (4, "1969-12-31 23:59:59.999999", None),
        (5, None, None),
    ]
    assert sorted(row[2] for row in bench.quarantined()) == ['["at"]', '["note"]']
    assert report.files_rejected == 0


UNREADABLE = {
    "time": {"id": [1], "extra": pyarrow.array([1], pyarrow.time64("ns"))},
    "decimal256": {"id": [1], "extra": pyarrow.array([Decimal(1)], pyarrow.decimal256(76, 0))},
    "names that differ by case": {"id": [1], "ID": [2]},
    "a list for an int": {"id": pyarrow.array([[1]], pyarrow.list_(pyarrow.int32()))},
}


def test_parquet_files_that_spark_cannot_read_are_rejected_and_no_others(bench):
    bench.change(using="parquet", options={})
    for name, columns in {**UNREADABLE, "plain": {"id": [7]}}.items():
        parquet.write_table(pyarrow.table(columns), bench.folder / f"{name}.parquet")
    bench.load()
    assert bench.rows("id") == [(7,)]
    states = {name.rpartition("/")[2]: state for name, state in bench.states().items()}
    rejected = {f"{name}.parquet": "rejected" for name in UNREADABLE}
    assert states == {**rejected, "plain.parquet": "loaded"}
    assert bench.load().batches == []


def test_a_parquet_column_is_read_from_its_name_and_may_be_nested(bench):
    stay = Column("avg_stay", "int", file_name="Avg Stay (min)")
    bench.change(using="parquet", options={}, columns=(stay, Column("tags", "array<string>")))
    table = pyarrow.table({"Avg Stay (min)": [7, 8], "TAGS": [["a", "b"], None]})
    parquet.write_table(table, bench.folder / "a.parquet")
    bench.load()
    assert bench.rows("avg_stay, to_json(tags), _rescued_data") == [
        (7, '["a","b"]', None),
        (8, None, None),
    ]
