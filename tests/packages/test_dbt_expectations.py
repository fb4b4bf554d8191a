"""The whole catalogue of expectations, proven on the live server."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pytest
import yaml
from dbt.cli.main import dbtRunner

PACKAGE = Path(__file__).parents[2] / "packages" / "dbt_expectations"
PROJECT = PACKAGE / "integration_tests"


def with_default(argument: str | dict) -> tuple:
    """An entry of the catalogue as (name,) or (name, default)."""
    return (argument,) if isinstance(argument, str) else next(iter(argument.items()))


CATALOGUE = {
    name: [with_default(argument) for argument in arguments]
    for name, arguments in yaml.safe_load((PROJECT / "catalogue.yml").read_text()).items()
}
every_test = pytest.mark.parametrize("name", CATALOGUE)


def names(arguments: list[tuple]) -> list[str]:
    return [argument[0] for argument in arguments]


@dataclass(frozen=True)
class Case:
    """One test of one node: what its YAML declares and what came of it."""

    test: str
    arguments: dict
    declared: tuple
    outcome: tuple


@dataclass(frozen=True)
class Run:
    output: str
    manifest: dict
    cases: list[Case]
    others: dict[str, str]
    folder: Path

    def cases_of(self, name: str) -> list[Case]:
        return [case for case in self.cases if case.test == name]

    @property
    def macros(self) -> dict[str, dict]:
        """The package's generic tests, by the name that YAML uses."""
        return {
            macro["name"].removeprefix("test_"): macro
            for macro in self.manifest["macros"].values()
            if macro["package_name"] == "dbt_expectations" and macro["name"].startswith("test_")
        }


def dbt(folder: Path, server, *arguments: str) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "LAKEHOUSE_THRIFT_HOST": server.host,
        "LAKEHOUSE_THRIFT_PORT": str(server.port),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "NO_COLOR": "1",
    }
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(server, tmp_path_factory) -> Run:
    """The integration project, built once from a copy, so that the checkout stays clean."""
    copy = tmp_path_factory.mktemp("expectations") / "dbt_expectations"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages"))
    folder = copy / "integration_tests"
    deps = dbt(folder, server, "deps")
    assert deps.returncode == 0, deps.stdout
    build = dbt(folder, server, "build")
    results = folder / "target" / "run_results.json"
    assert results.exists(), build.stdout
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    cases, others = [], {}
    for result in json.loads(results.read_text())["results"]:
        node = manifest["nodes"].get(result["unique_id"], {})
        test = node.get("test_metadata")
        if not test:
            others[result["unique_id"]] = result["status"]
            continue
        meta = node["config"]["meta"]
        failures = meta.get("expected_failures", 0)
        declared = meta.get("expected_status", "fail" if failures else "pass")
        arguments = {key: value for key, value in test["kwargs"].items() if key != "model"}
        outcome = result["status"], result["failures"]
        cases.append(Case(test["name"], arguments, (declared, failures), outcome))
    return Run(build.stdout, manifest, cases, others, folder)


def signature(macro_sql: str) -> list[tuple]:
    """A generic test's arguments with their defaults, read from its source."""
    source = macro_sql.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).parse(source)
    macro = next(template.find_all(jinja2.nodes.Macro))
    required = len(macro.args) - len(macro.defaults)
    arguments = [(argument.name,) for argument in macro.args[:required]]
    for argument, default in zip(macro.args[required:], macro.defaults, strict=True):
        arguments.append((argument.name, default.as_const()))
    return arguments


@every_test
def test_each_case_ends_as_its_yaml_declares(run, name):
    wrong = [case for case in run.cases_of(name) if case.outcome != case.declared]
    assert wrong == [], run.output[-3000:]


@every_test
def test_each_test_is_proven_to_pass_and_to_fail(run, name):
    assert {"pass", "fail"} <= {case.outcome[0] for case in run.cases_of(name)}


@every_test
def test_each_argument_is_exercised(run, name):
    used = {argument for case in run.cases_of(name) for argument in case.arguments}
    assert used == set(names(CATALOGUE[name]))


def test_the_tests_of_the_package_are_the_catalogue(run):
    assert len(CATALOGUE) == 65
    found = {name: signature(macro["macro_sql"]) for name, macro in run.macros.items()}
    assert found == {name: [("model",), *arguments] for name, arguments in CATALOGUE.items()}


def test_the_tests_proven_are_the_catalogue(run):
    assert {case.test for case in run.cases} - {"expect_a_number"} == set(CATALOGUE)


def test_models_helpers_and_custom_tests_work(run):
    statuses = {"success", "pass"}
    assert {node: status for node, status in run.others.items() if status not in statuses} == {}
    assert sum(node.startswith("test.") for node in run.others) == 2
    assert [case.outcome for case in run.cases_of("expect_a_number")] == [
        case.declared for case in run.cases_of("expect_a_number")
    ]


def test_every_macro_and_each_of_its_arguments_is_described(run):
    for macro in run.manifest["macros"].values():
        if macro["package_name"] != "dbt_expectations":
            continue
        assert macro["description"], macro["name"]
        described = [argument["name"] for argument in macro["arguments"] if argument["description"]]
        source = re.sub(r"{%-? (test|macro) ", "{% macro ", macro["macro_sql"])
        assert described == names(signature(source)), macro["name"]


@every_test
def test_the_readme_shows_each_test_with_its_arguments(name):
    readme = (PACKAGE / "README.md").read_text()
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", readme, re.MULTILINE | re.DOTALL)[1]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == names(CATALOGUE[name])
    assert f"dbt_expectations.{name}" in section


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("between('x', none, none, false)", "Give min_value, max_value or both"),
        ("match_all_or_any(['x'], 'most')", "match_on is 'any' or 'all'"),
        ("rows_to_check(['x'], 'some')", "ignore_row_if is"),
        ("regex_literal('x', flags='g')", "Unknown regex flag 'g'"),
        ("regexp_instr('x', 'y', occurrence=2)", "first occurrence only"),
    ],
)
def test_a_wrong_argument_is_explained(run, capsys, call, message):
    arguments = [
        "compile",
        "--inline",
        f"{{{{ dbt_expectations.{call} }}}}",
        "--no-populate-cache",
        "--quiet",
    ]
    folder = str(run.folder)
    places = [
        "--project-dir",
        folder,
        "--profiles-dir",
        folder,
        "--target-path",
        f"{folder}/target",
    ]
    result = dbtRunner().invoke([*arguments, *places, "--log-path", f"{folder}/logs"])
    assert not result.success
    assert message in capsys.readouterr().out


def test_now_is_the_wall_clock_of_the_time_zone_that_is_set(run, server):
    now = "{{ dbt_expectations.current_time() }}"
    query = (
        f"select timestampdiff(hour, {now}, current_timestamp() + interval '1' minute) as behind"
    )
    arguments = ["show", "--inline", query, "--output", "json", "--log-format", "text"]
    result = dbt(run.folder, server, *arguments, "--vars", "{'dbt_date:time_zone': Etc/GMT+5}")
    assert '"behind": 5' in result.stdout


NEWCOMER = {
    "dbt_project.yml": "name: newcomer\nprofile: dbt_expectations_integration_tests\n",
    "packages.yml": f"packages:\n  - local: {PACKAGE}\n",
    "profiles.yml": (PROJECT / "profiles.yml").read_text(),
    "models/shops.sql": "select 1 as shop_id, 'Mall' as name",
    "models/shops.yml": """
models:
  - name: shops
    data_tests:
      - dbt_expectations.expect_table_row_count_to_equal:
          arguments:
            value: 1
    columns:
      - name: name
        data_tests:
          - dbt_expectations.expect_column_values_to_match_regex:
              arguments:
                regex: "^[A-Z]"
""",
}


def test_a_newcomer_installs_the_package_and_builds_without_a_warning(server, tmp_path):
    for name, text in NEWCOMER.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for command in ("deps", "build"):
        result = dbt(tmp_path, server, "--warn-error", command)
        assert result.returncode == 0, result.stdout
    assert "PASS=3 WARN=0 ERROR=0" in result.stdout
    assert "deprecat" not in result.stdout.lower()
