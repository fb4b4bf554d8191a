import shutil

from lakehouse.settings import JARS
from ops import jars


def test_the_installed_jars_are_complete_and_unchanged():
    assert jars.faults() == []


def test_missing_changed_and_unexpected_jars_are_named(tmp_path):
    folder = shutil.copytree(JARS, tmp_path / "jars")
    missing, changed, *_ = sorted(jars.expected())
    (folder / missing).unlink()
    (folder / changed).write_bytes(b"not a jar")
    (folder / "other.jar").touch()
    assert jars.faults(folder) == [
        f"{missing} is missing",
        f"{changed} has a wrong checksum",
        "other.jar is not in SHA256SUMS",
    ]


def test_complete_jars_are_not_downloaded_again():
    assert jars.fetch() is False
