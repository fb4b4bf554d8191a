"""What a stranger relies on before anything runs."""

import re
import subprocess

from lakehouse.settings import PROJECT

TARGETS = {"setup", "up", "down", "load", "build", "docs", "lint", "format", "test", "demo", "clean"}


def test_make_alone_lists_every_target_in_a_line():
    shown = subprocess.run(["make", "--no-print-directory"], cwd=PROJECT, capture_output=True, text=True).stdout
    described = dict(re.findall(r"^ +make (\w+) +(\S.*)$", shown, re.M))
    targets = set(re.findall(r"^(\w+):", (PROJECT / "Makefile").read_text(), re.M))
    assert set(described) == targets >= TARGETS


def test_ci_runs_what_a_person_runs():
    assert (PROJECT / ".ci" / "run").read_text().rstrip().endswith("make test")


def test_every_model_has_its_yaml_beside_it():
    models = list((PROJECT / "models").rglob("*.sql"))
    assert models and all(path.with_suffix(".yml").exists() for path in models)


def test_pages_link_only_to_what_is_there():
    pages = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.relative_to(PROJECT)} links to {link}"


def test_no_requirement_names_where_it_comes_from():
    text = (PROJECT / "requirements.txt").read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
