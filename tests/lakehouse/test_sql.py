import pytest

from lakehouse import sql

STRINGS = [
    "plain",
    "it's",
    'double "quotes"',
    "back\\slash",
    "`tick`",
    "new\nline",
    "100 %",
    "çağ 🛒",
    "'; drop table x; --",
    "sales_${month}.csv",
    "${hiveconf:x} and ${spark.sql.shuffle.partitions}",
    "\\${x} $ { $${x}}",
    "",
]


@pytest.mark.parametrize("value", STRINGS)
def test_spark_returns_a_literal_unchanged(session, value):
    assert session.execute(f"select {sql.literal(value)}") == [(value,)]


@pytest.mark.parametrize("value", STRINGS)
def test_spark_returns_a_literal_unchanged_with_variable_substitution(session, value):
    session.execute("set spark.sql.variable.substitute=true")
    assert session.execute(f"select {sql.literal(value)}") == [(value,)]


@pytest.mark.parametrize("name", [name for name in STRINGS if name])
def test_spark_returns_an_identifier_unchanged(session, name):
    assert session.query(f"select 1 as {sql.identifier(name)}").columns == (name,)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "null"), (True, "true"), (7, "7"), (-1, "-1"), (0.5, "0.5D")]
)
def test_nulls_booleans_and_numbers_are_sql_literals(value, text):
    assert sql.literal(value) == text


def test_an_empty_list_contains_nothing():
    assert sql.in_list("a", []) == "false"


def test_reader_options_are_quoted():
    assert [sql.option(value) for value in (True, 1, "a'b")] == ["'true'", "'1'", "'a\\'b'"]


def test_a_csv_file_is_read_in_its_encoding(session, tmp_path):
    (tmp_path / "a.csv").write_bytes("ad,şehir\nDoğuş,İstanbul\n".encode("windows-1254"))
    read = f"csv.{sql.identifier(str(tmp_path))} with (header 'true', encoding 'windows-1254')"
    assert session.execute(f"select * from {read}") == [("Doğuş", "İstanbul")]
