"""Java classes of the server are compiled once, and an error names the file."""

import os
import shutil

import pytest

from lakehouse.errors import LakehouseError
from ops import classes

SOURCE = "package lakehouse; public final class One { public static int one() { return 1; } }"


@pytest.fixture
def source(tmp_path, monkeypatch):
    source = tmp_path / "java" / "lakehouse" / "One.java"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE)
    monkeypatch.setattr(classes, "SOURCES", tmp_path / "java")
    return source


def test_a_class_is_compiled_again_only_after_a_change(tmp_path, source):
    target = classes.compiled(tmp_path) / "lakehouse" / "One.class"
    first = target.read_bytes()
    os.utime(target, ns=(10**18, 10**18))
    os.utime(source, ns=(10**18, 10**18))
    classes.compiled(tmp_path)
    assert target.stat().st_mtime_ns == 10**18
    source.write_text(SOURCE.replace("return 1", "return 2"))
    classes.compiled(tmp_path)
    assert target.read_bytes() != first
    shutil.rmtree(tmp_path / "classes")
    assert (classes.compiled(tmp_path) / "lakehouse" / "One.class").exists()


def test_a_source_with_an_error(tmp_path, source):
    source.write_text("package lakehouse; public class One { nothing }")
    with pytest.raises(LakehouseError, match=r"One\.java cannot be compiled: .*One\.java"):
        classes.compiled(tmp_path)
