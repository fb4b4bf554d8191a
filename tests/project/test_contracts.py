"""The macros set constraints, properties and comments exactly as the YAML has them."""

import re
from pathlib import Path

import pytest
import yaml

from lakehouse.settings import PROJECT
from lakehouse.thrift import SqlError
from tests.conftest import dbt

ODD = "It's ${hiveconf:x}, sales_${month}.csv\nand C:\\new."


@pytest.fixture(
    scope="module", params=["false", "true"], ids=["without_variables", "with_variables"]
)
def contracts(server, tmp_path_factory, request):
    """`dbt run` of the models, with and without substitution of variables."""
    folder = Path(__file__).parent / "contracts"
    profile = yaml.safe_load((PROJECT / "profiles" / "profiles.yml").read_text())
    parameters = profile["retail_lakehouse"]["outputs"]["local"]["server_side_parameters"]
    parameters["set:hiveconf:spark.sql.variable.substitute"] = request.param
    profiles = tmp_path_factory.mktemp("profiles")
    (profiles / "profiles.yml").write_text(yaml.safe_dump(profile))
    where = (
        "--project-dir",
        str(folder),
        "--profiles-dir",
        str(profiles),
        "--target-path",
        str(profiles / "target"),
    )
    return dbt("run", *where)


def test_a_contract_compares_full_types(contracts):
    assert "PASS=2 WARN=0 ERROR=1" in contracts.stdout, contracts.stdout
    reason = r"^ *\| (\w+) +\| (.+?) +\| (.+?) +\| data type"
    mismatches = re.findall(reason, contracts.stdout, re.M)
    assert mismatches == [
        ("other_element", "array<int>", "array<string>"),
        ("other_field", "struct<x:int>", "struct<x:bigint>"),
        ("other_precision", "decimal(10,1)", "decimal(22,6)"),
    ]


def test_properties_and_constraints_are_set_unchanged(contracts, session):
    properties = dict(session.execute("show tblproperties contracts.odd_table"))
    assert properties["odd.property"] == ODD
    constraints = {
        name.removeprefix("delta.constraints."): expression
        for name, expression in properties.items()
        if name.startswith("delta.constraints.")
    }
    assert constraints == {
        "check": "amount < 100",
        "check_2": "amount <> 50",
        "amount_is_above_minus_100": "amount > -100",
        "code_check": r"code rlike '^\\w+\\.csv$'",
        "code_check_2": "code <> '${month}.csv'",
    }


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ("'a.csv', 100", "check"),
        ("'a.csv', 50", "check_2"),
        ("'a.csv', -100", "amount_is_above_minus_100"),
        ("'acsv', 1", "code_check"),
        ("r'\\.csv', 1", "code_check"),
    ],
)
def test_every_check_is_enforced(contracts, session, row, constraint):
    with pytest.raises(SqlError, match=f"(?i)check constraint {constraint} "):
        session.execute(f"insert into contracts.odd_table values ({row})")


@pytest.mark.parametrize("relation", ["odd_table", "odd_view"])
def test_descriptions_are_set_unchanged(contracts, session, relation):
    described = session.execute(f"describe extended contracts.{relation}")
    assert described[0] == ("code", "string", ODD)
    assert [comment for name, comment, _ in described if name == "Comment"] == [ODD]
