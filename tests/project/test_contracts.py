"""The macros set constraints, properties and comments exactly as the YAML has them."""

from pathlib import Path

import pytest

from lakehouse.settings import PROJECT
from lakehouse.thrift import SqlError
from tests.conftest import dbt

ODD = "It's ${hiveconf:x}, sales_${month}.csv\nand C:\\new."


@pytest.fixture(
    scope="module", params=["false", "true"], ids=["without_variables", "with_variables"]
)
def contracts(server, tmp_path_factory, request):
    """The schema with both models, built with and without substitution of variables."""
    folder = Path(__file__).parent / "contracts"
    profile = (PROJECT / "profiles" / "profiles.yml").read_text()
    profiles = tmp_path_factory.mktemp("profiles")
    substitute = f'"set:hiveconf:spark.sql.variable.substitute": "{request.param}"'
    (profiles / "profiles.yml").write_text(f"{profile.rstrip()}\n        {substitute}\n")
    where = (
        "--project-dir",
        str(folder),
        "--profiles-dir",
        str(profiles),
        "--target-path",
        str(profiles / "target"),
    )
    run = dbt("run", *where)
    assert run.returncode == 0, run.stdout
    return "contracts"


def test_properties_and_constraints_are_set_unchanged(contracts, session):
    properties = dict(session.execute(f"show tblproperties {contracts}.odd_table"))
    assert properties["odd.property"] == ODD
    constraints = {
        name.removeprefix("delta.constraints."): expression
        for name, expression in properties.items()
        if name.startswith("delta.constraints.")
    }
    assert constraints == {
        "check": "amount < 100",
        "check_2": "amount <> 50",
        "amount_is_not_null": "amount > -100",
        "amount_is_not_null_2": "`amount` is not null",
        "code_check": r"code rlike '^\\w+\\.csv$'",
        "code_check_2": "code <> '${month}.csv'",
    }


@pytest.mark.parametrize(
    ("row", "constraint"),
    [
        ("'a.csv', 100", "check"),
        ("'a.csv', 50", "check_2"),
        ("'a.csv', -100", "amount_is_not_null"),
        ("'acsv', 1", "code_check"),
        ("r'\\.csv', 1", "code_check"),
    ],
)
def test_every_check_is_enforced(contracts, session, row, constraint):
    with pytest.raises(SqlError, match=f"(?i)check constraint {constraint} "):
        session.execute(f"insert into {contracts}.odd_table values ({row})")


@pytest.mark.parametrize("relation", ["odd_table", "odd_view"])
def test_descriptions_are_set_unchanged(contracts, session, relation):
    described = session.execute(f"describe extended {contracts}.{relation}")
    assert described[0] == ("code", "string", ODD)
    assert [comment for name, comment, _ in described if name == "Comment"] == [ODD]
