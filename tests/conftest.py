"""One live server for the whole run: a free port, a temporary home."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lakehouse.settings import PROJECT, Settings
from lakehouse.thrift import Session
from ops import server as spark
from ops.cli import main
from tests.relay import Relay


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory) -> dict[str, str]:
    """The run's own lakehouse, in the environment of everything it starts."""
    state = tmp_path_factory.mktemp("lakehouse")
    variables = {
        "LAKEHOUSE_HOME": str(state / "home"),
        "LAKEHOUSE_LANDING": str(PROJECT / "landing"),
        "LAKEHOUSE_THRIFT_HOST": "127.0.0.1",
        "LAKEHOUSE_THRIFT_PORT": str(free_port()),
        "LAKEHOUSE_SCHEMA_PREFIX": "",
        "DBT_TARGET_PATH": str(state / "target"),
        "DBT_LOG_PATH": str(state / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
        # dbt and beeline of this environment, also when it is not activated.
        "PATH": f"{Path(sys.prefix, 'bin')}{os.pathsep}{os.environ['PATH']}",
    }
    before = dict(os.environ)
    os.environ.update(variables)
    yield variables
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def server(environment) -> Settings:
    """The address of the run's one server."""
    settings = Settings.from_environment()
    spark.start(settings)
    yield settings
    spark.stop(settings)


@pytest.fixture
def session(server) -> Session:
    with Session(server) as opened:
        yield opened


@pytest.fixture
def relay(server) -> Relay:
    """A relay before the server; its port is the server's for a client that is to lose it."""
    relay = Relay((server.host, server.port))
    yield relay
    relay.hang_up()


def lakehouse(*arguments: str, **options) -> Result:
    """Run a `lakehouse` command in this process."""
    return CliRunner().invoke(main, arguments, **options)


def dbt(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a `dbt` command as a person does, in the repository root."""
    return subprocess.run(
        ["dbt", *arguments],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def loaded(server) -> Result:
    """The landing folder, loaded into bronze."""
    result = lakehouse("load")
    assert result.exit_code == 0, result.output
    return result


@dataclass(frozen=True)
class Build:
    """What `dbt build` said, and the artifacts it wrote."""

    returncode: int
    stdout: str
    results: list[dict]
    manifest: dict


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
    """The manifest of the build, as production keeps it."""
    return built.manifest


@pytest.fixture(scope="session")
def landing() -> Path:
    return PROJECT / "landing"
