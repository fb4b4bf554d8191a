"""A package imports only itself and lower layers, such as ops -> loaders -> lakehouse."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.settings import PROJECT

# The packages of the project that each one may import.
LAYERS = {
    "lakehouse": {"lakehouse"},
    "history": {"history", "lakehouse"},
    "releases": {"releases", "history", "lakehouse"},
    "dbt_lakehouse": {"dbt_lakehouse", "releases", "history", "lakehouse"},
    "loaders": {"loaders", "lakehouse"},
    "sample": {"sample"},
    "ops": {"ops", "releases", "history", "loaders", "lakehouse", "sample"},
}
PROJECT_PACKAGES = {path.parent.name for path in PROJECT.glob("*/__init__.py")} | {
    "tests",
    "benchmarks",
}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the top-level package of each import in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name.split(".")[0]) for each in node.names)
        # A relative import stays in its package.
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, str(node.module).split(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_imports_no_higher_layer(layer):
    files = list((PROJECT / layer).rglob("*.py"))
    upwards = [
        f"{path.relative_to(PROJECT)}:{line} imports {name}"
        for path in files
        for line, name in imported(path)
        if name in PROJECT_PACKAGES - LAYERS[layer]
    ]
    assert files and upwards == []


def test_every_package_has_a_layer():
    assert {path.parent.name for path in PROJECT.glob("*/__init__.py")} - {"tests"} == set(LAYERS)
