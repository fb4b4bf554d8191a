"""One server for each lane of the run, on a free port and with a temporary home.

A lane is a process of pytest-xdist; `make test` runs two. A lane runs whole groups of tests: the
tests of the built gold tables are one group, and each other file is a group.
"""

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from py4j.java_gateway import JavaGateway

from lakehouse.settings import PROJECT, Settings
from lakehouse.thrift import Session
from ops.cli import main
from sample.writing import write_sample
from tests import jdbc
from tests.audit.deliveries import FULL, RATE
from tests.relay import Relay
from tests.servers import free_port, start


@pytest.hookimpl(tryfirst=True)  # Before pytest-xdist reads the groups.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need the server, set the group of each, and put the longest groups first."""
    for item in items:
        fixtures = set(item.fixturenames)
        if "server" in fixtures:
            item.add_marker("server")
        group = "gold" if "loaded" in fixtures else item.location[0]
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=_order)


def _order(item: pytest.Item) -> int:
    """One lane begins with gold, the other with the chaos test on its new server.

    Gold and dbt_expectations take longest: at the end, one lane would wait for the other.
    """
    if "loaded" in item.fixturenames:
        return 0
    first = ("tests/chaos/test_chaos", "tests/packages", "tests/loaders/test_faults")
    return next((n for n, name in enumerate(first, 1) if item.location[0].startswith(name)), 9)


SECONDS: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    SECONDS[report.location[0]] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the ten slowest files; a shared fixture counts for the first file that uses it."""
    slowest = sorted(SECONDS.items(), key=lambda pair: -pair[1])[:10]
    terminalreporter.section("slowest files")
    for name, seconds in slowest:
        terminalreporter.write_line(f"{seconds:7.1f} s  {name}")


def pytest_unconfigure() -> None:
    """Drop what nanobind prints at the interpreter's exit: objects that CPython did not free.

    See https://github.com/wjakob/nanobind/issues/1387.
    """
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


# Variables of logins and of a server with TLS: no test uses those of the machine.
DOORS = (
    "LAKEHOUSE_BIND",
    "LAKEHOUSE_LDAP_URL",
    "LAKEHOUSE_METASTORE",
    "LAKEHOUSE_PASSWORD_FILE",
    "LAKEHOUSE_TLS_CA",
    "LAKEHOUSE_TLS_CERTIFICATE",
    "LAKEHOUSE_TLS_KEY",
    "LAKEHOUSE_USER",
    "LAKEHOUSE_USERS_FILE",
)


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory) -> dict[str, str]:
    """Environment variables of the lane's own lakehouse, for this process and its children."""
    state = tmp_path_factory.mktemp("lakehouse")
    # Without a sample that somebody wrote into the landing folder.
    for source in ("crm", "pos"):
        shutil.copytree(PROJECT / "landing" / source, state / "landing" / source)
    variables = {
        "LAKEHOUSE_HOME": str(state / "home"),
        "LAKEHOUSE_LANDING": str(state / "landing"),
        "LAKEHOUSE_THRIFT_HOST": "127.0.0.1",
        "LAKEHOUSE_THRIFT_PORT": str(free_port()),
        "LAKEHOUSE_SCHEMA_PREFIX": "",
        "DBT_TARGET_PATH": str(state / "target"),
        "DBT_LOG_PATH": str(state / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
        # A server of the tests lives for minutes: by default half of its time compiles hot code.
        "SPARK_SUBMIT_OPTS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m",
        # The server reads this address at its start; the store starts later, with its tests.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # Do not use credentials of the machine.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": "nowhere",
        "AWS_CONFIG_FILE": "nowhere",
        **dict.fromkeys(DOORS, ""),
        # Find dbt and beeline if the virtual environment is not activated.
        "PATH": f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ['PATH']}",
    }
    before = dict(os.environ)
    os.environ.update(variables)
    yield variables
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def server(environment) -> Settings:
    """The settings of the lane's running server."""
    settings = Settings.from_environment()
    start(settings)
    yield settings
    assert "stopped" in lakehouse("server", "stop").output


@pytest.fixture
def mortal_server(server) -> Settings:
    """The lane's server, for a test that kills it; it is started again after the test."""
    yield server
    start(server)


@pytest.fixture
def session(server) -> Session:
    with Session(server) as opened:
        yield opened


@pytest.fixture
def relay(server) -> Relay:
    """A relay to the server; a test connects to its port, and the relay breaks the connection."""
    relay = Relay((server.host, server.port))
    yield relay
    relay.hang_up()


def lakehouse(*arguments: str, **options) -> Result:
    """Run a `lakehouse` command in this process."""
    return CliRunner().invoke(main, arguments, **options)


def dbt(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a `dbt` command in a process, in the repository root."""
    return subprocess.run(
        ["dbt", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def loaded(server) -> Result:
    """The landing folder, with the files of a small web shop, loaded into bronze."""
    write_sample(FULL, Path(server.landing), RATE)
    result = lakehouse("load")
    assert result.exit_code == 0, result.output
    return result


@dataclass(frozen=True)
class Build:
    """Result, output and artifacts of `dbt build`."""

    returncode: int
    stdout: str
    results: list[dict]
    manifest: dict

    @property
    def queries(self) -> dict[str, str]:
        """The query of each node that has one, by its name, as dbt compiled it."""
        return {
            each["unique_id"].rpartition(".")[2]: each["compiled_code"] for each in self.results
        }


@pytest.fixture(scope="session")
def built(loaded) -> Build:
    """Silver and gold, built and tested from the loaded bronze."""
    done = dbt("build")
    written = {
        name: json.loads(Path(os.environ["DBT_TARGET_PATH"], f"{name}.json").read_text())
        for name in ("run_results", "manifest")
    }
    return Build(
        done.returncode, done.stdout, written["run_results"]["results"], written["manifest"]
    )


@pytest.fixture(scope="session")
def manifest(built) -> dict:
    """The manifest of the build, which `make build` saves."""
    return built.manifest


@pytest.fixture(scope="session")
def java(tmp_path_factory) -> JavaGateway:
    """A Java process with Hive's JDBC client."""
    with jdbc.client(tmp_path_factory.mktemp("java")) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def landing() -> Path:
    return PROJECT / "landing"
