"""The Makefile, the links of the pages and the pinned requirements."""

import os
import re
import shutil
import subprocess

import pytest

from lakehouse.settings import PROJECT

TARGETS = {
    "setup",
    "up",
    "down",
    "load",
    "build",
    "docs",
    "lint",
    "format",
    "test",
    "demo",
    "clean",
}


def test_make_without_a_target_lists_every_target():
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True
    ).stdout
    described = dict(re.findall(r"^ +make ([\w-]+) +(\S.*)$", shown, re.M))
    targets = set(re.findall(r"^([\w-]+):", (PROJECT / "Makefile").read_text(), re.M))
    assert set(described) == targets >= TARGETS


def test_ci_runs_make_test():
    assert (PROJECT / ".ci" / "run").read_text().rstrip().endswith("make test")


def test_every_model_has_a_yaml_file_of_the_same_name():
    models = list((PROJECT / "models").rglob("*.sql"))
    assert models and all(path.with_suffix(".yml").exists() for path in models)


def test_links_between_pages_lead_to_files():
    pages = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.relative_to(PROJECT)} links to {link}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_hashed_and_name_no_index(name):
    text = (PROJECT / name).read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


def test_lint_and_tests_have_the_packages_of_the_lakehouse():
    pins = [
        set(re.findall(r"^\S+==\S+", (PROJECT / name).read_text(), re.M))
        for name in ("requirements.txt", "requirements-dev.txt")
    ]
    assert pins[0] < pins[1]


@pytest.mark.parametrize(
    ("code", "continues"), [(0, True), (3, True), (1, False), (2, False), (143, False)]
)
def test_make_load_continues_after_rejects_only(tmp_path, code, continues):
    # A folder that is set up, with a `lakehouse load` that exits with the code.
    shutil.copy(PROJECT / "Makefile", tmp_path)
    prerequisites = (
        re.search(r"^\$\(READY\): (.+)$", (PROJECT / "Makefile").read_text(), re.M).group(1).split()
    )
    command = tmp_path / ".venv" / "bin" / "lakehouse"
    for path in (
        *(tmp_path / name for name in prerequisites),
        command,
        tmp_path / ".venv" / ".ready",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    command.write_text(f'#!/bin/sh\n[ "$1" != load ] || exit {code}\n')
    command.chmod(0o755)
    run = subprocess.run(
        ["make", "load"], cwd=tmp_path, env=os.environ, capture_output=True, text=True
    )
    assert (run.returncode == 0) is continues, run.stderr
    assert ("lakehouse quarantine list" in run.stdout) is (code == 3)
