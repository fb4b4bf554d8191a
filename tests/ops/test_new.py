"""`lakehouse new source` writes a contract and a staging model, and overwrites nothing."""

import subprocess
from pathlib import Path

import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT
from loaders.contract import Contract, contracts
from loaders.guess import Guess, guess
from loaders.listing import Landing
from ops.new import place, write
from ops.project import parse_sources
from tests.copies import copy_of_the_project

HEADER = (
    "Order Id;Date;Group;Type;Month;Value;A Very Long Name of a Column That Wraps;Stay, (min): a"
)
ROW = "0001;01.03.2023;x;x;x;x;y;1.234,5\n"


@pytest.fixture
def landing(tmp_path) -> Landing:
    folder = tmp_path / "landing" / "web shop" / "orders"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(f"{HEADER}\n{ROW}")
    return Landing(str(tmp_path / "landing"))


def new_source(landing: Landing, project: Path, *files: str) -> tuple[Contract, Guess, list[str]]:
    where = place(landing, [f"{landing.root}/{file}" for file in files], None, None)
    found = guess(landing, where.parts)
    contract = found.contract(where.source, where.table, where.location)
    return contract, found, list(write(project, contract, found))


def test_the_written_files_are_the_guessed_contract_in_the_style_of_the_project(landing, tmp_path):
    project = copy_of_the_project(tmp_path / "project")
    contract, _, said = new_source(landing, project, "web shop/orders/a.csv")
    folder = project / "models/staging/web_shop"
    written = [folder / name for name in ("_web_shop__sources.yml", "stg_web_shop__orders.sql")]
    assert said[:2] == [f"written: {path.relative_to(project)}" for path in written]
    found = contracts(parse_sources(project))["web_shop.orders"]
    assert (found.columns, found.options, found.location) == (
        contract.columns,
        contract.options,
        "web shop/orders",
    )
    lint = subprocess.run(
        ["sqlfluff", "lint", "--config", PROJECT / ".sqlfluff", written[1]],
        capture_output=True,
        text=True,
    )
    assert lint.returncode == 0, lint.stdout


def test_a_second_table_is_printed_and_no_file_is_overwritten(landing, tmp_path):
    new_source(landing, tmp_path, "web shop/orders")
    sources = tmp_path / "models/staging/web_shop/_web_shop__sources.yml"
    before = sources.read_text()
    with pytest.raises(LakehouseError, match="stg_web_shop__orders.sql exists already"):
        new_source(landing, tmp_path, "web shop/orders")
    other = Path(landing.root, "web shop", "returns")
    other.mkdir()
    (other / "b.csv").write_text("n\n1\n")
    _, _, said = new_source(landing, tmp_path, "web shop/returns")
    assert any("add this entry to its tables\n\n      - name: returns\n" in line for line in said)
    assert sources.read_text() == before
    assert (sources.parent / "stg_web_shop__returns.sql").exists()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["nothing.csv"], "there is no file"),
        (["../landing.csv"], "is not in the landing folder"),
        (["loose.csv"], "loose.csv is not in the folder of a table"),
        (["web shop/loose.csv"], "loose.csv is not in the folder of a table"),
        (["web shop/orders", "pos/sales"], "several folders: pos/sales, web shop/orders"),
        (["pos/sales"], "there are no files in pos/sales"),
    ],
)
def test_files_of_no_table_or_of_several_are_an_error(landing, tmp_path, files, said):
    for name in ("landing.csv", "landing/loose.csv", "landing/web shop/loose.csv"):
        (tmp_path / name).write_text("n\n1\n")
    Path(landing.root, "pos", "sales").mkdir(parents=True)
    with pytest.raises(LakehouseError, match=said):
        place(landing, [f"{landing.root}/{file}" for file in files], None, None)
