"""CSV files: encodings, headers, quotes, and everything that can be wrong in them."""

import gzip
import json
from decimal import Decimal

import pytest

from lakehouse.errors import LakehouseError
from lakehouse.sql import literal
from lakehouse.thrift import SqlError
from loaders import ledger
from loaders.columns import Column

TOO_MANY_OR_FEW = "the row has too many or too few fields"


UNCLOSED = "a quoted field is not closed"


NOT_UTF8 = "contains bytes that are not UTF-8: set encoding in external.options"


def csv_bytes(*lines: str, header: str = "id,sold_on,amount,note", end: str = "\n") -> bytes:
    return (end.join([header, *lines]) + end).encode()


# By file: its content, the rows to load, and the reasons to reject others, by id or record.
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
    # A line that is equal to the header is a row.
    "header_twice.csv": (
        csv_bytes("42,,,a", "id,sold_on,amount,note", "43,,,b"),
        [(42, None, None, "a"), (43, None, None, "b")],
        {
            "id,sold_on,amount,note": [
                ("id", "id", "is not a valid int"),
                ("sold_on", "sold_on", "is not a valid date with format dd-MM-yyyy"),
                ("amount", "amount", "is not a valid decimal(8,2)"),
            ]
        },
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
            'lines"': [(None, None, TOO_MANY_OR_FEW)],
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
            "24,wide" + ",x" * 120, header="id,note," + ",".join(f"extra {n}" for n in range(120))
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
        "it cannot be read as utf-8 text: its header has invalid bytes",
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
    """Whether the first or the last cell of a record is `part`."""
    return record.strip().startswith(f"{part},") or record.endswith(f",{part}")


def test_every_row_of_every_csv_file_is_loaded_or_rejected_with_its_reasons(bench):
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


def test_a_column_that_the_contract_does_not_know_is_rescued_and_reported(bench):
    bench.put("a.csv", "1,x,blue", header="id,note,my 'colour'")
    report = bench.load()
    assert bench.rows("_rescued_data") == [('{"my \'colour\'":"blue"}',)]
    assert "columns not in the contract, kept in _rescued_data: my 'colour'" in report.notes
    assert "columns not in the files, null: amount, sold_on" in report.notes


STAYS = (
    Column("id", "int"),
    Column("avg_stay", "int", file_name="Avg Stay (min)"),
    Column("amount", "int"),
)


def test_a_column_is_read_from_its_name_in_the_files(bench):
    bench.change(columns=STAYS, options={})
    bench.put("a.csv", "1,7,3", header="id,avg stay (MIN),amount")
    bench.load()
    bench.change(options={"header": False})
    bench.put_bytes("b.csv", b"2,8,3\n")
    bench.load()
    assert bench.rows("id, avg_stay, amount") == [(1, 7, 3), (2, 8, 3)]


def test_a_missing_column_is_reported_with_the_similar_name_in_the_files(bench):
    similar = (
        "column {} is missing and '{}' is similar: "
        "if it is the same, set its name in meta.loader of the column"
    )
    bench.change(columns=(Column("id", "int", required=True), Column("avg_stay", "int")))
    bench.put("a.csv", "1,7", header="id,Avg Stay (min)")
    bench.put("b.csv", "1,7", header="idx,avg_stay")
    report = bench.load()
    assert similar.format("avg_stay", "Avg Stay (min)") in report.notes
    [note] = [note for note in report.notes if "was rejected" in note]
    assert note.endswith(
        f"column id is missing (its columns: idx, avg_stay); {similar.format('id', 'idx')}"
    )


def test_an_invalid_pattern_is_refused_and_no_table_is_created(bench):
    bench.change(options={"dateFormat": "dd.foo.yyyy"})
    bench.put("a.csv", "1,01.02.2022,,x")
    with pytest.raises(LakehouseError, match="column sold_on has the pattern 'dd.foo.yyyy'"):
        bench.load()
    with pytest.raises(SqlError, match="TABLE_OR_VIEW_NOT_FOUND"):
        bench.rows()


# By option: a value, a CSV row, and its cells with the option.
OPTIONS = {
    "nullValue": ("NA", "1,NA", (1, None)),
    "emptyValue": ("none", '1,""', (1, "none")),
    "escape": ("\\", r'1,"a\"b"', (1, 'a"b')),
    "ignoreLeadingWhiteSpace": (True, "1,  b", (1, "b")),
    "ignoreTrailingWhiteSpace": (True, "1,b  ", (1, "b")),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_the_reader_has_its_effect(bench, option):
    value, line, cells = OPTIONS[option]
    bench.change(options={option: value})
    bench.put("a.csv", line, header="id,note")
    bench.load()
    assert bench.rows("id, note") == [cells]


def test_fields_span_lines_with_the_option_multiline(bench):
    bench.change(options={"multiLine": True, "sep": ";", "quote": "'"})
    bench.put("a.csv", "1;'two\nlines; it''s'", "2;x", header="id;note")
    bench.change(options={"multiLine": True, "sep": ";", "quote": "'", "escape": "'"})
    bench.load()
    assert bench.rows("id, note") == [(1, "two\nlines; it's"), (2, "x")]


def test_a_file_without_header_is_read_in_its_encoding(bench):
    bench.change(options={"encoding": "ISO-8859-1", "header": False, "sep": "\t"})
    bench.put_bytes("a.tsv", "1\t2022-12-31\t1.5\tcafé\n".encode("latin-1"))
    bench.load()
    assert bench.rows() == [(1, "2022-12-31", Decimal("1.50"), "café")]


def test_a_file_without_header_may_begin_with_a_byte_order_mark(bench):
    bench.change(options={"header": False})
    bench.put_bytes("a.csv", "\ufeff1,2022-12-31,1.5,x\n".encode())
    bench.load()
    assert bench.rows("id, note") == [(1, "x")]


def test_csv_files_without_rows_load_no_rows(bench):
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


def test_with_multiline_an_unclosed_quote_runs_to_the_end_of_the_file(bench):
    bench.change(options={"multiLine": True, "comment": "#"})
    bench.put("a.csv", '1,,,"two', 'lines, ""x"""', "# no row", '2,,,5" pipe', '3,,,"open', "4,,,x")
    bench.load()
    assert bench.rows("id, note") == [(1, 'two\nlines, "x"'), (2, '5" pipe')]
    assert [row[1] for row in bench.quarantined()] == ['3,,,"open\n4,,,x\n']


@pytest.mark.parametrize("encoding", ["windows-1254", "utf-16", "utf-16-le"])
def test_text_of_other_encodings_is_decoded(bench, encoding):
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
