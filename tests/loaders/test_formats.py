"""Files as they really come: formats, encodings, and everything that can be wrong in them."""

import gzip
import json
from decimal import Decimal

import duckdb
import pyarrow
import pytest
from pyarrow import parquet

from lakehouse.sql import literal
from loaders import ledger
from loaders.contract import Column
from tests.loaders.bench import COLUMNS

TOO_MANY_OR_FEW = "the row has too many or too few fields"
UNCLOSED = "a quoted field is not closed"
NOT_UTF8 = "contains bytes that are not UTF-8: set encoding in external.options"


def csv_bytes(*lines: str, header: str = "id,sold_on,amount,note", end: str = "\n") -> bytes:
    return (end.join([header, *lines]) + end).encode()


# A file, the rows that land of it, and the reasons for those that do not, by the id or the record.
CSV = {
    "plain.csv": (
        csv_bytes("31,31-12-2022,12.50,hello", '32,,,"quoted, and ""so"""', "33,01-01-2023,-0.01,"),
        [
            (31, "2022-12-31", Decimal("12.50"), "hello"),
            (32, None, None, 'quoted, and "so"'),
            (33, "2023-01-01", Decimal("-0.01"), None),
        ],
        {},
    ),
    # By name, in any order, case and spacing.
    "columns.csv": (
        csv_bytes("x,34,31-12-2022", header="NOTE,Id, Sold On "),
        [(34, "2022-12-31", None, "x")],
        {},
    ),
    "reasons.csv": (
        csv_bytes("x,31-02-2022,1.234,every reason"),
        [],
        {
            "every reason": [
                ("id", "x", "is not a valid int"),
                ("sold_on", "31-02-2022", "is not a valid date with format dd-MM-yyyy"),
                ("amount", "1.234", "is not a valid decimal(8,2)"),
            ]
        },
    ),
    "quotes.csv": (
        csv_bytes(
            *('35,,,"open', '36,,,5" pipe', '37,,,"a ""b"""', '38,,,"x,', '39,,,""'),
            *('40,,,"a"" b', "41,,,'"),
        ),
        [
            (36, None, None, '5" pipe'),
            (37, None, None, 'a "b"'),
            (39, None, None, ""),
            (41, None, None, "'"),
        ],
        {id_: [(None, None, UNCLOSED)] for id_ in ("35", "38", "40")},
    ),
    "bom.csv": (b"\xef\xbb\xbf" + csv_bytes("1,,,bom"), [(1, None, None, "bom")], {}),
    "crlf.csv": (
        csv_bytes("2,31-12-2022,1.50,crlf", end="\r\n"),
        [(2, "2022-12-31", Decimal("1.50"), "crlf")],
        {},
    ),
    "whole.csv.gz": (gzip.compress(csv_bytes("3,,,packed")), [(3, None, None, "packed")], {}),
    "latin.csv": (
        csv_bytes("4,,,plain") + b"5,,,caf\xe9\n",
        [(4, None, None, "plain")],
        {"5": [(None, None, NOT_UTF8)]},
    ),
    "emoji.csv": (csv_bytes("6,,,🛒 çağ"), [(6, None, None, "🛒 çağ")], {}),
    "nul.csv": (csv_bytes("7,,,a\0b"), [(7, None, None, "a\0b")], {}),
    "dates.csv": (
        csv_bytes("8,31-02-2022,,", "9,1-1-2022,,", "10,2022-01-01,,", "11,01-01-2022 ,,"),
        [],
        {
            str(id_): [("sold_on", value, "is not a valid date with format dd-MM-yyyy")]
            for id_, value in (
                (8, "31-02-2022"),
                (9, "1-1-2022"),
                (10, "2022-01-01"),
                (11, "01-01-2022 "),
            )
        },
    ),
    "numbers.csv": (
        csv_bytes(
            '12,,"1,5",',
            "13,,NaN,",
            "14,,1.234,",
            "15,,1e2,",
            "16,,1234567.00,",
            "17,,12345678.90,",
            " 18 ,,-0,",
        ),
        [(15, None, Decimal("100.00"), None), (18, None, Decimal("0.00"), None)],
        {
            str(id_): [("amount", value, "is not a valid decimal(8,2)")]
            for id_, value in (
                (12, "1,5"),
                (13, "NaN"),
                (14, "1.234"),
                (16, "1234567.00"),
                (17, "12345678.90"),
            )
        },
    ),
    "overflow.csv": (
        csv_bytes("3000000000,,,", "1.0,,,", "-2147483648,,,least"),
        [(-2147483648, None, None, "least")],
        {
            "3000000000": [("id", "3000000000", "is not a valid int")],
            "1.0": [("id", "1.0", "is not a valid int")],
        },
    ),
    "fields.csv": (
        csv_bytes("19,,,x,more", "20,,"),
        [],
        {"19,,,x,more": [(None, None, TOO_MANY_OR_FEW)], "20,,": [(None, None, TOO_MANY_OR_FEW)]},
    ),
    "empty_or_null.csv": (
        csv_bytes('21,"","",""', "22,,,"),
        [(21, None, None, ""), (22, None, None, None)],
        {},
    ),
    # Without multiLine a line is a row.
    "newline.csv": (
        csv_bytes('23,,,"two', 'lines"'),
        [],
        {
            '23,,,"two': [(None, None, UNCLOSED)],
            'lines"': [(None, None, TOO_MANY_OR_FEW), ("id", 'lines"', "is not a valid int")],
        },
    ),
    "required.csv": (
        csv_bytes(",,,no id", '" ",,,blank id'),
        [],
        {
            "no id": [("id", None, "is required but empty")],
            "blank id": [("id", " ", "is required but empty")],
        },
    ),
    "wide.csv": (
        csv_bytes(
            "24,wide" + ",x" * 998, header="id,note," + ",".join(f"extra {n}" for n in range(998))
        ),
        [(24, None, None, "wide")],
        {},
    ),
    "blank_lines.csv": (b"\n\nid,note\n\n25,x\n\n", [(25, None, None, "x")], {}),
    "header_only.csv": (csv_bytes(), [], {}),
    "empty.csv": (b"", [], {}),
}
REJECTED = {
    "junk.csv": (
        b"\x89PNG\xff\xfe" * 40,
        "it cannot be read as utf-8 text: its header has other bytes",
    ),
    "half.csv.gz": (
        gzip.compress(csv_bytes(*(f"{n},,,{n * 7919 % 10007}" for n in range(9999))))[:20_000],
        "it cannot be read completely: ",
    ),
    "semicolon.csv": (
        csv_bytes("1;;;x", header="id;sold_on;amount;note"),
        "required column id is missing (its columns: id;sold_on;amount;note)",
    ),
    "twice.csv": (csv_bytes("1,x,y", header="id,note,NOTE"), "duplicate column: note"),
    "no_header.csv": (b"1,,,x\n", "required column id is missing (its columns: 1, , , x)"),
}


def is_part(part: str, record: str) -> bool:
    """Whether a record's first or last cell is that."""
    return record.strip().startswith(f"{part},") or record.endswith(f",{part}")


def test_every_csv_file_ends_as_its_rows_deserve(bench):
    for name, (content, *_) in (CSV | REJECTED).items():
        bench.put_bytes(name, content)
    report = bench.load()

    folder = bench.contract.location
    landed = {}
    for file, *row in bench.rows("_source_file, id, sold_on, amount, note"):
        landed.setdefault(file.removeprefix(f"{folder}/"), []).append(tuple(row))
    assert landed == {name: sorted(rows) for name, (_, rows, _) in CSV.items() if rows}

    reasons = {}
    for file, record, listed in bench.session.execute(
        "select source_file, record, to_json(errors, map('ignoreNullFields', 'false')) "
        f"from {ledger.QUARANTINE} where dataset = {literal(bench.contract.dataset)}"
    ):
        errors = [tuple(error.values()) for error in json.loads(listed)]
        reasons.setdefault(file.removeprefix(f"{folder}/"), []).append((record, errors))
    expected = {name: wrong for name, (_, _, wrong) in CSV.items() if wrong}
    assert set(reasons) == set(expected)
    for name, wrong in expected.items():
        assert len(reasons[name]) == len(wrong), reasons[name]
        for part, errors in wrong.items():
            [found] = [
                errors
                for record, errors in reasons[name]
                if record == part or is_part(part, record)
            ]
            assert found == errors, name

    rejected = {name: reason for name, (_, reason) in REJECTED.items()}
    states = {name.removeprefix(f"{folder}/"): state for name, state in bench.states().items()}
    assert states == dict.fromkeys(CSV, "loaded") | dict.fromkeys(REJECTED, "rejected")
    for name, reason in rejected.items():
        assert any(
            note.startswith(f"{folder}/{name} was rejected: {reason}") for note in report.notes
        ), name
    assert report.rows_read == report.rows_loaded + report.rows_rejected
    version = bench.version()
    assert bench.load().batches == []
    assert bench.version() == version


def test_a_column_that_the_contract_does_not_know_is_kept_and_told(bench):
    bench.put("a.csv", "1,x,blue", header="id,note,my 'colour'")
    report = bench.load()
    assert bench.rows("_rescued_data") == [('{"my \'colour\'":"blue"}',)]
    assert "columns not in the contract, kept in _rescued_data: my 'colour'" in report.notes
    assert "columns not in the files, null: amount, sold_on" in report.notes


def test_fields_may_span_lines_where_the_contract_says_so(bench):
    bench.change(options={"multiLine": True, "sep": ";", "quote": "'"})
    bench.put("a.csv", "1;'two\nlines; it''s'", "2;x", header="id;note")
    bench.change(options={"multiLine": True, "sep": ";", "quote": "'", "escape": "'"})
    bench.load()
    assert bench.rows("id, note") == [(1, "two\nlines; it's"), (2, "x")]


def test_another_encoding_and_no_header(bench):
    bench.change(options={"encoding": "ISO-8859-1", "header": False, "sep": "\t"})
    bench.put_bytes("a.tsv", "1\t2022-12-31\t1.5\tcafé\n".encode("latin-1"))
    bench.load()
    assert bench.rows() == [(1, "2022-12-31", Decimal("1.50"), "café")]


def test_a_file_without_header_may_begin_with_a_byte_order_mark(bench):
    bench.change(options={"header": False})
    bench.put_bytes("a.csv", "\ufeff1,2022-12-31,1.5,x\n".encode())
    bench.load()
    assert bench.rows("id, note") == [(1, "x")]


JSON_COLUMNS = (*COLUMNS, Column("city", "string", path="$.customer.address.city"))
RECORDS = [
    {
        "ID": 1,
        "sold_on": "2022-12-31",
        "amount": 123456.78,
        "Note": "one",
        "customer": {"address": {"city": "Bursa"}},
    },
    {"id": "2", "amount": None, "colour": "blue", "size": [1, {"a": None}]},
    {"id": 3, "amount": 1.234, "note": {"nested": 1.10}},
    {"note": "no id"},
]


def json_rows(bench) -> list[tuple]:
    return bench.rows("id, sold_on, amount, note, city, _rescued_data")


@pytest.fixture
def json_bench(bench):
    bench.change(using="json", options={}, columns=JSON_COLUMNS)
    return bench


EXPECTED = [
    (
        1,
        "2022-12-31",
        Decimal("123456.78"),
        "one",
        "Bursa",
        '{"customer":"{\\"address\\":{\\"city\\":\\"Bursa\\"}}"}',
    ),
    (2, None, None, None, None, '{"colour":"blue","size":"[1,{\\"a\\":null}]"}'),
]


def test_json_lines_are_matched_by_name_and_picked_by_path(json_bench):
    lines = [json.dumps(record) for record in RECORDS]
    json_bench.put_bytes(
        "a.jsonl", "\n".join([*lines, "", '{"id": 4', '{"id": 5, "ID": 6}', "[7]"]).encode()
    )
    json_bench.put_bytes("b.jsonl.gz", gzip.compress(b'\xef\xbb\xbf{"id": 8, "amount": 0.10}\n'))
    json_bench.put_bytes("c.jsonl", b'{"id": 9, "note": "caf\xe9"}\n')
    json_bench.put_bytes("empty.jsonl", b"")
    report = json_bench.load()
    assert json_rows(json_bench) == [*EXPECTED, (8, None, Decimal("0.10"), None, None, None)]
    assert (
        "columns not in the contract, kept in _rescued_data: colour, customer, size" in report.notes
    )
    reasons = {record: (columns, why) for _, record, columns, _, why in json_bench.quarantined()}
    assert len(reasons) == 6
    assert all(
        "is not a JSON object" in reasons[record][1]
        for record in ('{"id": 4', '{"id": 5, "ID": 6}', "[7]")
    )
    assert NOT_UTF8 in reasons['{"id": 9, "note": "caf\N{REPLACEMENT CHARACTER}"}'][1]
    assert '["is not a valid decimal(8,2)"]' in reasons[lines[2]]
    assert '["is required but empty"]' in reasons[lines[3]]
    assert report.rows_read == 9


def test_one_json_array_is_a_file(json_bench):
    json_bench.change(options={"multiLine": True})
    json_bench.put_bytes("a.json", json.dumps(RECORDS, indent=2).encode())
    json_bench.put_bytes("none.json", b" [ ]\n")
    json_bench.put_bytes("one.json", b'{"id": 3}')
    json_bench.put_bytes("half.json", b'[{"id": 4}, {"id"')
    report = json_bench.load()
    assert json_rows(json_bench) == [*EXPECTED, (3, None, None, None, None, None)]
    assert (report.rows_read, report.rows_rejected, report.files_new) == (6, 3, 4)


def test_numbers_of_json_keep_every_digit(json_bench):
    json_bench.change(
        columns=(Column("a", "decimal(38,18)"), Column("b", "string"), Column("c", "bigint"))
    )
    json_bench.put_bytes(
        "a.jsonl",
        b'{"a": 12345678901234567890.123456789012345678, "b": 0.1234567890123456789, "c": 9223372036854775807}\n',
    )
    json_bench.load()
    assert json_bench.rows("a, b, c") == [
        (
            Decimal("12345678901234567890.123456789012345678"),
            "0.1234567890123456789",
            9223372036854775807,
        )
    ]


def test_parquet_files_of_different_shapes_land_by_name(bench):
    bench.change(using="parquet", options={})
    shapes = {
        "narrow.parquet": "select 1::tinyint as id, 'a' as note",
        "other_order.parquet": 'select \'b\' as "NOTE", 2.5::double as amount, 2::bigint as "Id", 7 as extra',
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


def test_a_page_of_parquet_that_is_damaged_rejects_its_file_alone(bench):
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


def test_parquet_as_pandas_writes_it_and_bytes_that_are_no_text(bench):
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


def test_files_without_rows_are_loaded_with_none(json_bench, bench):
    json_bench.change(options={"multiLine": True})
    for name, content in {"a": b"[\n]", "b": b"\xef\xbb\xbf[]", "c": b" \n\0", "d": b""}.items():
        json_bench.put_bytes(f"{name}.json", content)
    report = json_bench.load()
    assert (report.files_new, report.files_rejected, report.rows_read) == (4, 0, 0)
    assert json_bench.load().batches == []


def test_csv_files_without_rows_are_loaded_with_none(bench):
    bench.change(options={"comment": "#"})
    for name, content in {
        "a": b"id\n\x1a",
        "b": b"id\n\0\0\n",
        "c": b"# nothing\n# today\n",
        "d": b"\n\n",
    }.items():
        bench.put_bytes(f"{name}.csv", content)
    report = bench.load()
    assert (report.files_new, report.files_rejected, report.rows_read) == (4, 0, 0)
    assert bench.load().batches == []


def test_a_json_line_is_one_object_and_keeps_its_text(json_bench):
    json_bench.change(columns=(Column("id", "int"), Column("note", "string")))
    lines = [
        '{"id": 1, "note": 1.10, "more": {"price": 2.50, "text": "7.0"}}',
        '{"id": 2, "note": 12345678901234567890.12345678901234567890123456789}',
        '{"id": 3, "note": [1.0, "1.0", -0]}',
        '{"id": 4} {"id": 5}',
        '{"id": 6},{"id": 7}',
        '{"id": 8}] x',
        '{"id": 007}',
    ]
    json_bench.put_bytes("a.jsonl", "\n".join(lines).encode())
    json_bench.load()
    assert json_bench.rows("id, note, _rescued_data") == [
        (1, "1.10", '{"more":"{\\"price\\":2.50,\\"text\\":\\"7.0\\"}"}'),
        (2, "12345678901234567890.12345678901234567890123456789", None),
        (3, '[1.0,"1.0",-0]', None),
    ]
    assert [row[1] for row in json_bench.quarantined()] == sorted(lines[3:])


def test_json_lines_where_an_array_was_agreed_do_not_fit(json_bench):
    json_bench.change({"max_reject_ratio": 0.5}, options={"multiLine": True})
    json_bench.put_bytes("a.json", b'{"id": 1}\n{"id": 2}\n')
    report = json_bench.load()
    assert (report.files_rejected, report.rows_loaded) == (1, 0)


def test_an_open_quote_of_a_file_whose_fields_span_lines_goes_to_its_end(bench):
    bench.change(options={"multiLine": True, "comment": "#"})
    bench.put("a.csv", '1,,,"two', 'lines, ""x"""', "# no row", '2,,,5" pipe', '3,,,"open', "4,,,x")
    bench.load()
    assert bench.rows("id, note") == [(1, 'two\nlines, "x"'), (2, '5" pipe')]
    assert [row[1] for row in bench.quarantined()] == ['3,,,"open\n4,,,x\n']


@pytest.mark.parametrize("encoding", ["windows-1254", "utf-16", "utf-16-le", "iso-8859-9"])
def test_text_of_other_encodings_lands_as_it_was_written(bench, encoding):
    bench.change(options={"encoding": encoding})
    bench.put_bytes("a.csv", csv_bytes("1,,,çağ İıŞ", '2,,,"x"').decode().encode(encoding))
    bench.load()
    assert bench.rows("id, note") == [(1, "çağ İıŞ"), (2, "x")]


ODD_NAMES = [
    *("it's 100 % {a,b} [c]*.csv", "`tick` + plus.csv", "çağ 🛒 #1?.csv"),
    *("'; drop table x; --.csv", "sales_${month}.csv"),
]
ODD_VALUES = "'; drop table x; --", "${hiveconf:x}"


def test_odd_file_names_and_values_are_plain_text(bench):
    for value in ODD_VALUES:
        for number, name in enumerate(ODD_NAMES):
            bench.put(name, f"{number},,,{value}")
        bench.load()
        assert bench.rows("id, _source_file, note") == [
            (number, f"{bench.contract.location}/{name}", value)
            for number, name in enumerate(ODD_NAMES)
        ]
