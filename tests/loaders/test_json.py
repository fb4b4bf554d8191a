"""JSON lines and JSON arrays: paths, numbers, and lines that are no object."""

import gzip
import json
from decimal import Decimal

import pytest

from loaders.contract import Column
from tests.loaders.bench import COLUMNS

NOT_UTF8 = "contains bytes that are not UTF-8: set encoding in external.options"


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


def test_json_cells_are_matched_by_name_or_path(json_bench):
    lines = [json.dumps(record) for record in RECORDS]
    json_bench.put_bytes(
        "a.jsonl", "\n".join([*lines, "", '{"id": 4', '{"id": 5, "ID": 6}', "[7]"]).encode()
    )
    json_bench.put_bytes("b.jsonl.gz", gzip.compress(b'\xef\xbb\xbf{"id": 8, "amount": 0.10}\n'))
    json_bench.put_bytes("c.jsonl", b'{"id": 9, "note": "caf\xe9"}\n')
    json_bench.put_bytes("empty.jsonl", b"")
    report = json_bench.load()
    assert json_rows(json_bench) == [*EXPECTED, (8, None, Decimal("0.10"), None, None, None)]
    # The contract has a path into customer.
    assert "columns not in the contract, kept in _rescued_data: colour, size" in report.notes
    reasons = {record: (columns, why) for _, record, columns, _, why in json_bench.quarantined()}
    assert len(reasons) == 6
    assert all(
        "is not a JSON object" in reasons[record][1]
        for record in ('{"id": 4', '{"id": 5, "ID": 6}', "[7]")
    )
    assert all(columns == "[null]" for columns, why in reasons.values() if "JSON object" in why)
    assert NOT_UTF8 in reasons['{"id": 9, "note": "caf\N{REPLACEMENT CHARACTER}"}'][1]
    assert '["is not a valid decimal(8,2)"]' in reasons[lines[2]]
    assert '["is required but empty"]' in reasons[lines[3]]
    assert report.rows_read == 9


def test_a_multiline_json_file_is_one_array_or_object(json_bench):
    json_bench.change(options={"multiLine": True})
    json_bench.put_bytes("a.json", json.dumps(RECORDS, indent=2).encode())
    json_bench.put_bytes("none.json", b" [ ]\n")
    json_bench.put_bytes("one.json", b'{"id": 3}')
    json_bench.put_bytes("half.json", b'[{"id": 4}, {"id"')
    report = json_bench.load()
    assert json_rows(json_bench) == [*EXPECTED, (3, None, None, None, None, None)]
    assert (report.rows_read, report.rows_rejected, report.files_new) == (6, 3, 4)


def test_json_numbers_keep_every_digit(json_bench):
    json_bench.change(
        columns=(Column("a", "decimal(38,18)"), Column("b", "string"), Column("c", "bigint"))
    )
    json_bench.put_bytes(
        "a.jsonl",
        b'{"a": 12345678901234567890.123456789012345678, "b": 0.1234567890123456789, '
        b'"c": 9223372036854775807}\n',
    )
    json_bench.load()
    assert json_bench.rows("a, b, c") == [
        (
            Decimal("12345678901234567890.123456789012345678"),
            "0.1234567890123456789",
            9223372036854775807,
        )
    ]


def test_json_files_without_rows_load_no_rows(json_bench):
    json_bench.change(options={"multiLine": True})
    for name, content in {"a": b"[\n]", "b": b"\xef\xbb\xbf[]", "c": b" \n\0", "d": b""}.items():
        json_bench.put_bytes(f"{name}.json", content)
    report = json_bench.load()
    assert (report.files_new, report.files_rejected, report.rows_read) == (4, 0, 0)
    assert json_bench.load().batches == []


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


def test_json_lines_are_rejected_with_the_option_multiline(json_bench):
    json_bench.change({"max_reject_ratio": 0.5}, options={"multiLine": True})
    json_bench.put_bytes("a.json", b'{"id": 1}\n{"id": 2}\n')
    report = json_bench.load()
    assert (report.files_rejected, report.rows_loaded) == (1, 0)


def test_a_text_has_the_marks_of_its_column_and_a_number_those_of_json(json_bench):
    marks = {"decimal": ",", "thousands": "."}
    json_bench.change(
        columns=(Column("id", "int", **marks), Column("amount", "decimal(8,2)", **marks))
    )
    json_bench.put_bytes(
        "a.jsonl",
        b'{"id": 1, "amount": 1234.5}\n{"id": "2.000", "amount": "1.234,5"}\n'
        b'{"id": 3, "amount": "1234.5"}\n',
    )
    json_bench.load()
    assert json_bench.rows("id, amount") == [(1, Decimal("1234.50")), (2000, Decimal("1234.50"))]
    assert json_bench.quarantined()[0][2:] == (
        '["amount"]',
        '["1234.5"]',
        '["is not a valid decimal(8,2) with decimal , and thousands ."]',
    )


def test_a_json_key_has_the_name_of_its_column(json_bench):
    json_bench.change(columns=(Column("id", "int"), Column("stay", "int", file_name="Stay (min)")))
    json_bench.put_bytes("a.jsonl", b'{"id": 1, "Stay (min)": 7}\n')
    json_bench.load()
    assert json_bench.rows("id, stay, _rescued_data") == [(1, 7, None)]
