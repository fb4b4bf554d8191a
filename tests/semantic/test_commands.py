"""The commands `lakehouse metrics …`: help, errors and exit codes; these tests need no server."""

import click
import pytest

from ops.metrics.cli import metrics
from ops.metrics.engine import SparkConfiguration
from tests.conftest import lakehouse


def paths(group: click.Group, *before: str) -> list[tuple[str, ...]]:
    """The path of each command, of the group itself too."""
    inner = [(each, (*before, name)) for name, each in group.commands.items()]
    deeper = [paths(each, *at) if isinstance(each, click.Group) else [at] for each, at in inner]
    return [before, *(path for found in deeper for path in found)]


def test_every_command_has_help_with_a_short_option():
    for path in paths(metrics):
        shown = lakehouse("metrics", *path, "-h")
        assert shown.exit_code == 0, path
        assert shown.stdout.startswith(" ".join(["Usage: lakehouse metrics", *path])), path


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--metrics", "profit"], "error: no metric is called profit\n  try: use one of: active"),
        (["--saved-query", "all"], "error: no saved query is called all\n  try: use one of: rev"),
        (
            ["--metrics", "revenue", "--group-by", "planet"],
            "error: no dimension of these metrics is called planet\n  try: use one of: customer",
        ),
        (
            ["--metrics", "revenue", "--where", "{{ Dimension('category') }"],
            "error: Error parsing where filter:",
        ),
    ],
)
def test_a_wrong_query_is_one_readable_error(environment, arguments, error):
    shown = lakehouse("metrics", "query", *arguments)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.startswith(error)
    assert "Traceback" not in shown.stderr and "try: " in shown.stderr


def test_a_failure_within_dbt_is_printed_like_other_errors(environment, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the profile is broken")

    monkeypatch.setattr(SparkConfiguration, "setup", fail)
    for path in (["list", "metrics"], ["validate"], ["query", "--metrics", "revenue"], ["page"]):
        shown = lakehouse("metrics", *path)
        assert (shown.exit_code, shown.stdout) == (1, "")
        assert shown.stderr.startswith("error: the profile is broken\n  try: ")


def test_wrong_usage_exits_with_2(environment):
    for wrong in (["query", "--nothing"], ["query", "--decimals", "-1"], ["nothing"]):
        assert lakehouse("metrics", *wrong).exit_code == 2


@pytest.mark.parametrize("sale", ["sale__", ""])
def test_a_query_accepts_the_names_of_metric_views(environment, sale):
    toys = f"{{{{ Dimension('{sale}category') }}}} = 'Toys'"
    by = ("--group-by", f"{sale}shopping_mall", "--order-by", f"-{sale}shopping_mall")
    asked = ("--metrics", "revenue", *by, "--where", toys, "--explain")
    sql = lakehouse("metrics", "query", *asked).stdout
    assert sql.startswith("SELECT")
    assert "WHERE sale__category = 'Toys'" in sql and "ORDER BY sale__shopping_mall DESC" in sql


def test_a_list_into_a_pipe_is_only_the_list(environment):
    listed = lakehouse("metrics", "list", "dimensions", "--metrics", "revenue")
    assert listed.stderr == ""
    assert all(line.startswith("• ") for line in listed.stdout.splitlines())
