import pytest

from lakehouse.errors import LakehouseError
from loaders.contract import Column, Contract, Rules, chosen, contracts, normal_type
from ops.project import parse_manifest


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
    found = contracts(parse_manifest())["pos.sales"]
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
    assert said in caught.value.message
    assert caught.value.remedy


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


def required(**config) -> bool:
    """Whether a `not_null` test with this configuration makes its column required."""
    test = {
        "test_metadata": {"name": "not_null"},
        "column_name": "a",
        "depends_on": {"nodes": ["source.x"]},
        "config": config,
    }
    source = {
        "source_name": "pos",
        "name": "sales",
        "schema": "bronze",
        "identifier": "pos_sales",
        "external": {"location": "pos/sales", "using": "csv"},
        "columns": {"a": {"name": "a", "data_type": "int"}},
    }
    [found] = contracts({"nodes": {"test.x": test}, "sources": {"source.x": source}}).values()
    return found.columns[0].required


def test_only_a_test_that_fails_for_every_null_makes_a_column_required():
    assert required()
    assert required(severity="ERROR", where=None, error_if="!= 0")
    assert not required(severity="warn")
    assert not required(where="a > 1")
    assert not required(error_if="> 10")
