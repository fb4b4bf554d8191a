"""The recipes of docs/connect.md, as the page has them: each prints the exact revenue per mall."""

import io
import re
import subprocess
from contextlib import redirect_stdout

import pytest

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from tests.jdbc import blocks

PYTHON = blocks("python")
SHELL = [block for block in blocks("sh") if "hive-jdbc" not in block]


@pytest.fixture(scope="module")
def revenue(built, server) -> set[str]:
    query = "select sum(total_amount) from gold.fct_sales group by shopping_mall"
    with Session(server) as session:
        rows = session.execute(query)
    assert len(rows) == 10
    return {str(amount) for (amount,) in rows}


def here(recipe: str, server: Settings) -> str:
    """The recipe with the port and the home of the tests."""
    return recipe.replace("10000", str(server.port)).replace(".lakehouse/", f"{server.home}/")


def amounts(output: str) -> set[str]:
    return set(re.findall(r"\d+\.\d+", output.replace(",", "")))


@pytest.mark.parametrize("recipe", PYTHON, ids=["pandas", "sqlalchemy", "polars", "duckdb"])
def test_a_python_recipe_prints_exact_revenue(recipe, server, revenue):
    with redirect_stdout(io.StringIO()) as output:
        exec(here(recipe, server), {})
    assert revenue <= amounts(output.getvalue())


@pytest.mark.parametrize("recipe", SHELL, ids=["lakehouse", "beeline", "excel"])
def test_a_shell_recipe_prints_exact_revenue(recipe, server, revenue, tmp_path):
    done = subprocess.run(
        ["bash", "-euc", here(recipe, server)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    written = "".join(file.read_text() for file in tmp_path.glob("*.csv"))
    assert revenue <= amounts(done.stdout + written)
