"""Every test of the package dbt_expectations on a live server, and its documentation."""

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
    """An argument of the catalogue as (name,) or (name, default)."""
    return (argument,) if isinstance(argument, str) else next(iter(argument.items()))


CATALOGUE = {
    name: [with_default(argument) for argument in arguments]
    for name, arguments in yaml.safe_load((PROJECT / "catalogue.yml").read_text()).items()
}
README = (PACKAGE / "README.md").read_text()
# Descriptions of the package's macros, by name; the macro `test_x` is the generic test `x`.
DESCRIBED = {
    macro["name"]: macro
    for macro in yaml.safe_load((PACKAGE / "macros" / "_macros.yml").read_text())["macros"]
}
every_test = pytest.mark.parametrize("name", CATALOGUE)


def names(arguments: list[tuple]) -> list[str]:
    return [argument[0] for argument in arguments]


@dataclass(frozen=True)
class Case:
    """One test of one node; `declared` and `outcome` are (status, number of failing rows)."""

    test: str
    arguments: dict
    declared: tuple[str, int]
    outcome: tuple[str, int]


@dataclass(frozen=True)
class Run:
    """A build of the integration project; `others` has the statuses of all nodes but the cases."""

    output: str
    manifest: dict
    cases: list[Case]
    others: dict[str, str]
    folder: Path

    def cases_of(self, name: str) -> list[Case]:
        return [case for case in self.cases if case.test == name]

    @property
    def macros(self) -> dict[str, dict]:
        """The generic tests of the package, by their names in YAML."""
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
    """A build of a copy of the integration project."""
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
    """The arguments of a macro or generic test with their defaults, from its source."""
    source = macro_sql.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    template = jinja2.Environment(extensions=["jinja2.ext.do"]).parse(source)
    macro = next(template.find_all(jinja2.nodes.Macro))
    required = len(macro.args) - len(macro.defaults)
    arguments = [(argument.name,) for argument in macro.args[:required]]
    for argument, default in zip(macro.args[required:], macro.defaults, strict=True):
        arguments.append((argument.name, default.as_const()))
    return arguments


@every_test
def test_each_case_has_its_declared_outcome(run, name):
    unexpected = [case for case in run.cases_of(name) if case.outcome != case.declared]
    assert unexpected == [], run.output[-3000:]


@every_test
def test_each_test_has_cases_that_pass_and_fail(run, name):
    assert {"pass", "fail"} <= {case.outcome[0] for case in run.cases_of(name)}


@every_test
def test_each_argument_has_a_case(run, name):
    used = {argument for case in run.cases_of(name) for argument in case.arguments}
    assert used == set(names(CATALOGUE[name]))


def test_the_package_has_exactly_the_tests_of_the_catalogue(run):
    found = {name: signature(macro["macro_sql"]) for name, macro in run.macros.items()}
    assert found == {name: [("model",), *arguments] for name, arguments in CATALOGUE.items()}


def test_the_cases_are_of_the_tests_of_the_catalogue(run):
    assert {case.test for case in run.cases} - {"expect_a_number"} == set(CATALOGUE)


def test_the_readme_has_exactly_the_tests_of_the_catalogue():
    assert sorted(re.findall(r"^### (\w+)$", README, re.MULTILINE)) == sorted(CATALOGUE)


def test_models_helpers_and_custom_tests_succeed(run):
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
def test_the_readme_describes_each_test_as_its_macro_is_described(name):
    section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", README, re.MULTILINE | re.DOTALL)[1]
    macro = DESCRIBED[f"test_{name}"]
    assert " ".join(section.split("\n\n")[0].split()) == macro["description"]
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*) \|$", section, re.MULTILINE)
    assert rows == [
        (argument["name"], argument["description"]) for argument in macro["arguments"][1:]
    ]
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
def test_the_error_for_an_invalid_argument_explains_it(run, capsys, call, message):
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


def test_the_current_time_is_local_to_the_time_zone_variable(run, server):
    now = "{{ dbt_expectations.current_time() }}"
    query = (
        f"select timestampdiff(hour, {now}, current_timestamp() + interval '1' minute) as behind"
    )
    arguments = ["show", "--inline", query, "--output", "json", "--log-format", "text"]
    result = dbt(run.folder, server, *arguments, "--vars", "{'dbt_date:time_zone': Etc/GMT+5}")
    assert '"behind": 5' in result.stdout


NEW_PROJECT = {
    "dbt_project.yml": "name: new_project\nprofile: dbt_expectations_integration_tests\n",
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


def test_a_new_project_builds_with_the_package_without_a_warning(server, tmp_path):
    for name, text in NEW_PROJECT.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for command in ("deps", "build"):
        result = dbt(tmp_path, server, "--warn-error", command)
        assert result.returncode == 0, result.stdout
    assert "PASS=3 WARN=0 ERROR=0" in result.stdout
    assert "deprecat" not in result.stdout.lower()
