import pytest

from lakehouse.errors import LakehouseError
from loaders.columns import Column, normal_type
from loaders.contract import SOURCES_YAML, Contract, Rules, chosen, contracts
from ops.project import parse_sources


def contract(**changes) -> Contract:
    facts = {
        "source": "pos",
        "table": "sales",
        "schema": "bronze",
        "identifier": "pos_sales",
        "location": "pos/sales",
        "using": "csv",
        "columns": (Column("a", "int"),),
    }
    return Contract(**{**facts, **changes})


def test_the_dbt_sources_are_the_contracts():
    found = contracts(parse_sources())["pos.sales"]
    assert (found.schema, found.identifier, found.location, found.using) == (
        "bronze",
        "pos_sales",
        "pos/sales",
        "csv",
    )
    assert [(c.name, c.type, c.required) for c in found.columns] == [
        ("invoice_no", "string", True),
        ("customer_id", "string", False),
        ("category", "string", False),
        ("quantity", "int", True),
        ("price", "decimal(18,2)", True),
        ("invoice_date", "date", True),
        ("shopping_mall", "string", False),
    ]
    assert found.format_of(Column("d", "date")) == "dd-MM-yyyy"
    assert all(column.description for column in found.columns)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"using": "xlsx"}, "external.using is 'xlsx'"),
        ({"location": ""}, "external.location is ''"),
        ({"location": "../secrets"}, "external.location is '../secrets'"),
        ({"columns": ()}, "has no columns"),
        ({"columns": (Column("a", ""),)}, "column a has no data_type"),
        ({"columns": (Column("_a", "int"),)}, "column _a begins with _"),
        (
            {"columns": (Column("Ticket No", "int"),)},
            "column 'Ticket No' has a character that Delta does not allow",
        ),
        (
            {"columns": (Column("Avg Stay (min)", "int"),)},
            "call it avg_stay_min, and set its meta.loader.name to 'Avg Stay (min)'",
        ),
        (
            {"columns": (Column("a", "int"), Column("b", "int", file_name=" A "))},
            "two columns are read from a",
        ),
        (
            {"using": "json", "columns": (Column("a", "int", path="$.b", file_name="c"),)},
            "column a has a path and a name",
        ),
        (
            {"options": {"Locale": "tr", "sep": ";", "mode": "FAILFAST"}},
            "external.options has Locale, mode, without an effect on csv",
        ),
        ({"using": "json", "options": {"sep": ";"}}, "without an effect on json (use multiLine,"),
        ({"using": "parquet", "options": {"mergeSchema": True}}, "(use dateFormat, timestamp"),
        ({"columns": (Column("a", "int"), Column("A", "int"))}, "has a column twice"),
        ({"using": "json", "options": {"encoding": "latin1"}}, "its encoding is latin1"),
        (
            {"using": "json", "columns": (Column("a", "int", path="a.b"),)},
            "column a has path 'a.b'",
        ),
        ({"columns": (Column("a", "int", path="$.a"),)}, "column a has path '$.a'"),
        ({"rules": Rules(mode="newest")}, "meta.loader.mode is 'newest'"),
        ({"rules": Rules(max_reject_ratio=5)}, "meta.loader.max_reject_ratio is 5"),
        ({"options": {"encoding": "klingon"}}, "its encoding is klingon"),
        ({"rules": Rules(max_batch_files=0)}, "a limit of meta.loader is too small"),
    ],
)
def test_the_error_for_an_invalid_contract_names_the_source(changes, said):
    with pytest.raises(LakehouseError, match="source pos.sales: .*") as caught:
        contract(**changes)
    assert said in f"{caught.value.message} ({caught.value.remedy})"
    assert SOURCES_YAML in caught.value.remedy


@pytest.mark.parametrize(
    "type_", ["struct<a:int>", "array<int>", "binary", "interval", "decimal(39,2)", "char(3)"]
)
@pytest.mark.parametrize("using", ["csv", "json"])
def test_a_type_that_no_text_can_be_cast_to_is_refused_with_the_list_of_types(using, type_):
    with pytest.raises(LakehouseError) as caught:
        contract(using=using, columns=(Column("a", type_),))
    assert f"column a has data_type {type_}, which {using} cannot fill" in caught.value.message
    assert "use one of string, boolean, tinyint" in caught.value.remedy


def test_parquet_can_fill_a_nested_type():
    assert contract(using="parquet", columns=(Column("a", "array<int>"),))
    with pytest.raises(LakehouseError, match="column a has data_type variant"):
        contract(using="parquet", columns=(Column("a", "variant"),))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("INTEGER", "int"),
        ("Decimal(10, 2)", "decimal(10,2)"),
        ("numeric(4,1)", "decimal(4,1)"),
        ("long", "bigint"),
        ("string", "string"),
    ],
)
def test_a_type_has_one_canonical_name(written, normal):
    assert normal_type(written) == normal


def test_named_datasets_are_chosen_once_and_in_order():
    every = {"a.b": 1, "c.d": 2}
    assert chosen(every, ["c.d", "a.b", "c.d"]) == [2, 1]
    assert chosen(every, []) == [1, 2]


@pytest.mark.parametrize(
    ("written", "charset"),
    [
        ("utf8", "UTF-8"),
        ("latin1", "ISO-8859-1"),
        ("windows-1254", "windows-1254"),
        ("UTF-16LE", "UTF-16LE"),
    ],
)
def test_an_encoding_has_its_java_name(written, charset):
    assert contract(options={"encoding": written}).charset == charset


def source(meta: dict | None = None, **column) -> dict:
    """A source as in dbt's manifest, with one column; `meta` is the table's meta.loader."""
    return {
        "source_name": "pos",
        "name": "sales",
        "schema": "bronze",
        "identifier": "pos_sales",
        "external": {"location": "pos/sales", "using": "csv"},
        "config": {"meta": {"loader": meta or {}}},
        "columns": {"a": {"name": "a", "data_type": "int", **column}},
    }


def column_of(meta: dict | None = None, **column) -> Column:
    [found] = contracts({"nodes": {}, "sources": {"source.x": source(meta, **column)}}).values()
    return found.columns[0]


def loader(**meta) -> dict:
    return {"meta": {"loader": meta}}


def test_the_marks_of_a_number_are_of_the_table_unless_the_column_has_its_own():
    turkish = {"decimal": ",", "thousands": "."}
    assert column_of() == Column("a", "int")
    assert column_of(turkish) == Column("a", "int", decimal=",", thousands=".")
    assert column_of(turkish, data_type="string") == Column("a", "string")
    own = loader(decimal=".", thousands="")
    assert column_of(turkish, config=own) == Column("a", "int")
    assert column_of(config=loader(name="Avg (min)")) == Column("a", "int", file_name="Avg (min)")


@pytest.mark.parametrize(
    ("table", "column", "said"),
    [
        ({"decmal": ","}, {}, "meta.loader of the table has decmal"),
        ({}, {"config": loader(nmae="A")}, "meta.loader of column a has nmae"),
        ({"thousands": "."}, {}, "column a has decimal '.' and thousands '.' in meta.loader"),
        ({"decimal": ";"}, {}, "column a has decimal ';'"),
        ({}, {"data_type": "date", "config": loader(decimal=",")}, "column a is date, and decimal"),
    ],
)
def test_the_error_for_a_wrong_key_of_meta_names_the_column(table, column, said):
    with pytest.raises(LakehouseError) as caught:
        column_of(table, **column)
    assert said in caught.value.message


def required(**config) -> bool:
    """Whether a `not_null` test with this configuration makes its column required."""
    test = {
        "test_metadata": {"name": "not_null"},
        "column_name": "a",
        "depends_on": {"nodes": ["source.x"]},
        "config": config,
    }
    [found] = contracts({"nodes": {"test.x": test}, "sources": {"source.x": source()}}).values()
    return found.columns[0].required


def test_only_a_test_that_fails_for_every_null_makes_a_column_required():
    assert required()
    assert required(severity="ERROR", where=None, error_if="!= 0")
    assert not required(severity="warn")
    assert not required(where="a > 1")
    assert not required(error_if="> 10")
