import json
from pathlib import Path

import click
import pytest

from lakehouse.settings import PROJECT
from ops.cli import main
from tests.conftest import lakehouse

# The other sources have no files in the tests' landing folder.
DELIVERED = ("crm.customers", "pos.sales")


def commands(group: click.Group, path: str = "lakehouse"):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(
    ("path", "command"),
    list(commands(main)),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_command_is_documented(path, command):
    assert command.help, f"{path} has no docstring"
    assert f"`{path}" in (PROJECT / "docs" / "commands.md").read_text(), (
        f"docs/commands.md does not describe {path}"
    )


def test_sql_prints_a_table_with_grouped_digits(server):
    result = lakehouse("sql", "select 1234567.50 as total, cast(null as int) as n")
    assert result.exit_code == 0
    assert "1,234,567.50" in result.output and "null" in result.output


def test_sql_prints_csv_with_exact_values(server):
    result = lakehouse("sql", "--csv", "select 1234567.50 as total, 'a,b' as text")
    assert result.output == 'total,text\n1234567.50,"a,b"\n'


def test_sql_reads_the_standard_input(server):
    assert lakehouse("sql", "--csv", input="select 1 as a;\n").output == "a\n1\n"


def test_sql_reports_that_rows_are_left_out(server):
    result = lakehouse("sql", "--limit", "2", "select id from range(5)")
    assert "only the first 2 rows are shown" in result.output


def test_a_result_that_is_wide_for_a_pipe_is_printed_row_by_row(server):
    result = lakehouse("sql", f"select {', '.join(f'{n} as number_{n:02}' for n in range(20))}")
    assert result.output.splitlines()[:3] == ["-- row 1", "number_00  0", "number_01  1"]


def test_the_version_is_the_one_of_the_project():
    version = (
        lakehouse("--version", prog_name="lakehouse").output.removeprefix("lakehouse ").strip()
    )
    assert f'\nversion = "{version}"\n' in (PROJECT / "pyproject.toml").read_text()


def test_bash_completes_commands():
    assert "_LAKEHOUSE_COMPLETE=bash_complete" in lakehouse("completion", "bash").output
    typed = {"COMP_WORDS": "lakehouse qua", "COMP_CWORD": "1"}
    environment = {**typed, "_LAKEHOUSE_COMPLETE": "bash_complete"}
    completed = lakehouse(prog_name="lakehouse", env=environment)
    assert completed.output == "plain,quarantine\n"


def test_sql_without_a_statement_is_a_usage_error():
    assert lakehouse("sql", input="").exit_code == 2


def test_a_failed_statement_exits_with_1_and_prints_no_stack_trace(server):
    result = lakehouse("sql", "select * from nowhere")
    assert result.exit_code == 1
    assert result.output.startswith("error: [TABLE_OR_VIEW_NOT_FOUND]")
    assert "\tat " not in result.output and "Traceback" not in result.output


def test_the_error_for_an_unknown_dataset_lists_the_known_ones(server):
    result = lakehouse("load", "pos.sale")
    assert result.exit_code == 2
    assert "no source table is called pos.sale" in result.output
    assert "pos.sales" in result.output


def test_logs_are_shown_with_their_path(server):
    result = lakehouse("server", "logs", "-n", "5")
    assert result.exit_code == 0
    assert str(Path(server.home, "logs", "server.log")) in result.output


def test_a_second_load_has_nothing_to_do(loaded):
    report = json.loads(lakehouse("load", "--json", *DELIVERED).output)
    assert [(r["files_seen"], r["batches"], r["rows_loaded"]) for r in report] == [
        (1, [], 0),
        (1, [], 0),
    ]


def test_a_dry_run_shows_the_plan(loaded):
    shown = lakehouse("load", "--dry-run", "--reprocess", "--json", *DELIVERED)
    assert json.loads(shown.output) == {
        "crm.customers": {
            "new": [],
            "replaced": ["crm/customers/customer_data.parquet"],
            "missing": [],
        },
        "pos.sales": {"new": [], "replaced": ["pos/sales/sales_data.csv"], "missing": []},
    }
    assert "pos.sales: 0 new, 0 to replace" in lakehouse("load", "--dry-run").output


def test_the_quarantine_of_clean_data_is_empty(loaded):
    for arguments in (("list",), ("list", "pos.sales"), ("show", "pos.sales")):
        shown = lakehouse("quarantine", *arguments)
        assert shown.exit_code == 0
    assert shown.output == "the quarantine is empty\n"
    retried = json.loads(lakehouse("quarantine", "retry", "pos.sales", "--json").output)
    assert [(report["dataset"], report["batches"]) for report in retried] == [("pos.sales", [])]


def test_a_load_reports_rejected_rows_and_the_command_that_shows_them(
    loaded, tmp_path, monkeypatch
):
    folder = tmp_path / "pos" / "sales"
    folder.mkdir(parents=True)
    header = (PROJECT / "landing/pos/sales/sales_data.csv").read_text().splitlines()[0]
    (folder / "invalid.csv").write_text(f"{header}\nI1,C1,Toys,many,1.0,1/1/2022,Kanyon\n")
    monkeypatch.setenv("LAKEHOUSE_LANDING", str(tmp_path))
    result = lakehouse("load", "pos.sales")
    assert result.exit_code == 3
    assert (
        "pos/sales/invalid.csv was rejected: 1 of 1 rows violate the contract (100.0%)"
        in result.output
    )
    assert "see: lakehouse quarantine show pos.sales" in result.output
    shown = lakehouse("quarantine", "show", "pos.sales", "--file", "pos/sales/invalid.csv").output
    assert (
        "is not a valid int" in shown
        and "many" in shown
        and "is not a valid date with format dd-MM-yyyy" in shown
    )
