import os

import pytest

from lakehouse.errors import LakehouseError
from ops import java


@pytest.mark.parametrize(
    ("output", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "21" 2023-09-19 LTS', 21),
        ('java version "1.8.0_392"', 8),
        ("command not found", None),
    ],
)
def test_the_major_version_is_read_from_javas_output(output, major):
    assert java.major_version(output) == major


def fake_java(folder, version: str) -> None:
    (folder / "bin").mkdir()
    path = folder / "bin" / "java"
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(0o755)


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "25.0.1"])
def test_the_error_for_an_unsupported_java_has_a_remedy(tmp_path, monkeypatch, version):
    fake_java(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(LakehouseError, match="Spark 4.2 runs on 17 or 21") as caught:
        java.find()
    assert "JAVA_HOME" in caught.value.remedy


def test_a_missing_java_is_reported(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LakehouseError, match="no java on PATH"):
        java.find()


def test_java_home_is_preferred_to_the_path(tmp_path, monkeypatch):
    fake_java(tmp_path, "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java.find() == java.Java(os.path.join(tmp_path, "bin", "java"), 21)
