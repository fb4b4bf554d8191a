"""The containers of docker-compose.yml, for tests with the mark `cluster` (tests/cluster/run)."""

import csv
import io
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lakehouse.settings import PROJECT

PROJECT_NAME = "lakehouse-test"
TOOLS = f"{PROJECT_NAME}-tools"
RUNS = os.environ.get("COMPOSE_PROJECT_NAME") == PROJECT_NAME


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without tests/cluster/run, which has the images, the tests of the containers do not exist."""
    if not RUNS:
        dropped = [item for item in items if item.get_closest_marker("cluster")]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def docker(*arguments: str, check: bool = True, **options) -> subprocess.CompletedProcess:
    """Run a `docker` command; its output is text. Fails with it, unless `check` is False."""
    done = subprocess.run(
        ["docker", *arguments], cwd=PROJECT, capture_output=True, text=True, **options
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def compose(*arguments: str, **options) -> subprocess.CompletedProcess:
    return docker("compose", *arguments, **options)


def tools(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run a command in the container `tools`."""
    return docker("exec", TOOLS, *arguments, **options)


def sql(statement: str) -> list[tuple[str, ...]]:
    """The rows of a statement, as text."""
    shown = tools("lakehouse", "sql", "--csv", statement).stdout
    return [tuple(row) for row in csv.reader(io.StringIO(shown))][1:]


def containers(service: str) -> list[str]:
    return compose("ps", "--quiet", service).stdout.split()


def up(*services: str) -> None:
    """Start what does not run, and wait until all of it is healthy."""
    compose("up", "--wait", "--wait-timeout", "300", *services)
    if docker("start", TOOLS, check=False).returncode:
        # A container that stays: each `run` would start those that end anew.
        compose(
            *("run", "--detach", "--no-deps", "--name", TOOLS),
            *("tools", "sleep", "infinity"),
        )


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen]:
    """A command in the container `tools`, in the background; its end is waited for."""
    process = subprocess.Popen(
        ["docker", "exec", TOOLS, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
        process.output, _ = process.communicate(timeout=400)
    finally:
        process.kill()


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.5)


def fault(kind: str) -> None:
    """Let the store fail from now on: `error`, `slow`, or empty for no fault."""
    compose("exec", "store", "sh", "-c", f"echo '{kind}' > /tmp/fault")


@pytest.fixture(scope="session")
def cluster() -> None:
    """The healthy cluster."""
    up()
    yield
    docker("rm", "--force", TOOLS, check=False)


@pytest.fixture(scope="session")
def demo(cluster) -> str:
    """The output of `make cluster-demo`."""
    return tools("make", "cluster-demo").stdout


TOTALS = """
    select count(*), sum(quantity), cast(sum(total_amount) as decimal(38, 2)) from gold.fct_sales
"""


def totals() -> list[tuple[str, ...]]:
    return sql(TOTALS)


def secret(name: str) -> str:
    return Path(PROJECT, "secrets", name).read_text().strip()
