"""docs/first-source.md, followed word by word in a copy of the project."""

import json
import os
import re
import subprocess
import sys

import pytest

from lakehouse.settings import PROJECT
from lakehouse.thrift import Session
from tests.copies import copy_of_the_project

PAGE, PREFIX = "docs/first-source.md", "first_"


@pytest.fixture
def followed(server, tmp_path) -> list[dict]:
    """The commands of the page with their outputs; silver and gold have a prefix."""
    project = copy_of_the_project(tmp_path / "project")
    own = {
        "LAKEHOUSE_LANDING": str(project / "landing"),
        "LAKEHOUSE_SCHEMA_PREFIX": PREFIX,
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "PYTHONPATH": str(project),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.project.follow", PAGE],
        cwd=project,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout)
    with Session(server) as session:
        for schema in ("silver", "gold", "published", "ops"):
            session.execute(f"drop schema if exists {PREFIX}{schema} cascade")


def plain(line: str) -> str:
    """A line without the frame and the blanks of a table."""
    return " ".join(re.sub(r"[│|]", " ", line).split())


def test_the_page_of_the_first_source_shows_what_its_commands_print(followed):
    assert followed
    for step in followed:
        for command, code, output in step["runs"]:
            assert code == 0 or (code == 3 and "load" in command), f"{command}\n{output}"
        printed = [plain(line) for *_, output in step["runs"] for line in output.splitlines()]
        for line in step["shown"].splitlines():
            pattern = ".*".join(map(re.escape, plain(line).split("…")))
            found = [n for n, each in enumerate(printed) if re.fullmatch(pattern, each)]
            assert found, "\n".join([f"no line is like: {line}", *printed])
            printed = printed[found[0] + 1 :]
    assert (PROJECT / PAGE).read_text().count("```text") == sum(
        bool(step["shown"]) for step in followed
    )
