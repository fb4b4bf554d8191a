import shutil

from lakehouse.settings import JARS
from ops import jars


def copy(folder):
    return shutil.copytree(JARS, folder / "jars")


def test_the_installed_jars_are_sound():
    assert jars.faults() == []


def test_a_missing_a_changed_and_a_foreign_jar_are_named(tmp_path):
    folder = copy(tmp_path)
    missing, changed, *_ = sorted(jars.expected())
    (folder / missing).unlink()
    (folder / changed).write_bytes(b"not a jar")
    (folder / "other.jar").touch()
    assert jars.faults(folder) == [
        f"{missing} is missing",
        f"{changed} has a wrong checksum",
        "other.jar is not in SHA256SUMS",
    ]


def test_jars_that_are_there_are_not_fetched_again():
    assert jars.fetch() is False
