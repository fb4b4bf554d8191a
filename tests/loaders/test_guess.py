"""Contracts that are guessed from files: formats, names, types, marks and patterns."""

import gzip
import json
from datetime import datetime
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import parquet

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT
from loaders.contract import contracts
from loaders.guess import Guess, guess
from loaders.guess.names import column_name
from loaders.guess.texts import Marks, marks_of, type_of
from loaders.listing import Landing
from ops.project import parse_sources


def guessed(folder, name: str, content: bytes) -> Guess:
    (folder / name).write_bytes(content)
    landing = Landing(str(folder))
    return guess(landing, landing.listing(name).files[0].parts)


def types(found: Guess) -> dict[str, str]:
    return {column.name: column.type for column in found.columns}


@pytest.mark.parametrize("dataset", ["pos.sales", "crm.customers"])
def test_the_guess_for_the_sample_files_is_their_contract(dataset):
    contract, landing = contracts(parse_sources())[dataset], Landing(str(PROJECT / "landing"))
    [file] = landing.listing(contract.location).files
    found = guess(landing, file.parts)
    assert types(found) == {column.name: column.type for column in contract.columns}
    assert (found.using, found.options) == (contract.using, contract.options)
    assert found.marks == Marks()


def test_a_turkish_csv_file_has_its_marks_its_dates_and_its_encoding(tmp_path):
    content = (
        "Kasa No;Tarih;Mağaza;Ziyaretçi;Ort. Süre (dk);Değişti\n"
        "0001;01.03.2023;Kanyon;1.234;42,5;true\n"
        "0002;02.03.2023;Zorlu;987;;false\n"
    )
    found = guessed(tmp_path, "a.csv", content.encode("windows-1254"))
    assert types(found) == {
        "kasa_no": "string",
        "tarih": "date",
        "magaza": "string",
        "ziyaretci": "int",
        "ort_sure_dk": "decimal(18,2)",
        "degisti": "boolean",
    }
    assert found.marks == Marks(",", ".")
    assert found.options == {
        "header": True,
        "sep": ";",
        "encoding": "windows-1254",
        "dateFormat": "dd.MM.yyyy",
    }
    assert [column.file_name for column in found.columns][-2:] == ["Ort. Süre (dk)", "Değişti"]
    assert found.notes == ("it is not UTF-8: check its letters in windows-1254",)
    assert found.contract("doors", "counts", "doors/counts")


def test_a_file_without_header_in_doubt_has_texts(tmp_path):
    content = b"1,03/04/2023,007,1.250,\n2,05/06/2023,008,2.500,\n"
    found = guessed(tmp_path, "a.csv.gz", gzip.compress(content))
    assert list(types(found).values()) == ["int", "string", "string", "string", "string"]
    assert found.options == {"header": False}
    assert found.notes == (
        "it has no header: name its columns, in the order of the file",
        "column_4 may be a number: 1.250 has a thousands or a decimal mark",
        "column_5 is empty in every row",
    )


@pytest.mark.parametrize("whole", [True, False])
def test_json_has_paths_and_exact_numbers(tmp_path, whole):
    records = [
        {"id": 1, "at": "2023-03-01T10:00:00Z", "who": {"Full Name": "A", "age": 7}, "tags": [1]},
        {"id": 2, "price": 0.10, "big": 12345678901, "tiny": 1e-9, "who": {"age": None}},
    ]
    lines = json.dumps(records, indent=1) if whole else "\n".join(map(json.dumps, records))
    found = guessed(tmp_path, "a.json", lines.encode())
    assert types(found) == {
        "id": "string",
        "at": "timestamp",
        "who_full_name": "string",
        "who_age": "int",
        "tags": "string",
        "price": "decimal(18,2)",
        "big": "bigint",
        "tiny": "double",
    }
    assert [column.path for column in found.columns][2:4] == ['$.who["Full Name"]', "$.who.age"]
    assert found.options == ({"multiLine": True} if whole else {})
    assert found.contract("web", "orders", "web/orders")


def test_parquet_has_the_types_of_its_schema(tmp_path):
    columns = {
        "Id": pyarrow.array([1], pyarrow.int64()),
        "amount": pyarrow.array([Decimal("1.50")], pyarrow.decimal128(9, 2)),
        "at": pyarrow.array([datetime(2023, 1, 1)], pyarrow.timestamp("us", "UTC")),
        "local": pyarrow.array([datetime(2023, 1, 1)], pyarrow.timestamp("us")),
        "tags": pyarrow.array([["a"]], pyarrow.list_(pyarrow.string())),
        "raw": pyarrow.array([b"a"], pyarrow.binary()),
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "made")
    found = guessed(tmp_path, "a.parquet", (tmp_path / "made").read_bytes())
    assert types(found) == {
        "id": "bigint",
        "amount": "decimal(9,2)",
        "at": "timestamp",
        "local": "timestamp_ntz",
        "tags": "array<string>",
        "raw": "string",
    }
    assert found.contract("web", "orders", "web/orders")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([{"1.5", "2"}], (Marks(), [])),
        ([{"1.234"}], (Marks(), [0])),
        ([{"1.234"}, {"1.5"}], (Marks(), [])),
        ([{"1.234"}, {"1,5"}], (Marks(",", "."), [])),
        ([{"1234,5"}, {"7"}], (Marks(",", ""), [])),
        ([{"1,234.50"}, {"x"}], (Marks(".", ","), [])),
        ([{"1 234,5"}], (Marks(",", " "), [])),
        ([{"x"}, {"007"}], (Marks(), [])),
    ],
)
def test_marks_that_could_mean_two_numbers_are_not_clear(columns, expected):
    assert marks_of(columns) == expected


@pytest.mark.parametrize(
    ("name", "texts", "type_"),
    [
        ("n", ["1", "-2"], "int"),
        ("n", ["12345678901"], "bigint"),
        ("n", ["1234567890123456789"], "string"),
        ("n", ["1.5", "10"], "decimal(18,2)"),
        ("n", ["1.2345"], "decimal(18,4)"),
        ("n", ["123456789012345678901.5"], "decimal(38,2)"),
        ("n", ["1e5", "2.5"], "double"),
        ("n", ["007"], "string"),
        ("n", ["True", "false"], "boolean"),
        ("shop_id", ["1"], "string"),
        ("n", [], "string"),
    ],
)
def test_a_type_holds_every_text_exactly(name, texts, type_):
    assert type_of(name, texts) == type_


def test_a_name_is_valid_in_sql_without_quotes():
    names = [
        "Avg Stay (min)",
        "İade No",
        "2023 total",
        "%",
        "ÇAĞRI\N{LATIN SMALL LETTER DOTLESS I}",
        "Group",
    ]
    assert [column_name(name) for name in names] == [
        "avg_stay_min",
        "iade_no",
        "column_2023_total",
        "unnamed",
        "cagrii",
        "group_",
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"x", "a.xlsx has no known extension"),
        ("a.csv", b"", "a.csv cannot be read as csv: it is empty"),
        ("a.json", b"[1]", "a.json cannot be read as json: a record is not an object"),
        ("a.parquet", b"x", "a.parquet cannot be read as parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_with_its_name(tmp_path, name, content, said):
    with pytest.raises(LakehouseError) as caught:
        guessed(tmp_path, name, content)
    assert said in caught.value.message and caught.value.remedy
