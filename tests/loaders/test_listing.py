import gzip
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from loaders.contract import Rules
from loaders.formats.packing import opened
from loaders.formats.reader import Rejected
from loaders.listing import Landing, deliveries, encoded

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(str(tmp_path))


def put(path, content="x", modified=1_700_000_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (modified, modified))


def names(landing, location, **rules) -> list[str]:
    return [file.name for file in landing.listing(location).complete(Rules(**rules), NOW)]


def test_names_are_relative_to_the_landing_folder_and_hidden_files_are_ignored(landing, tmp_path):
    for name in (
        "b.csv",
        "deep/er/a b%.csv",
        ".hidden.csv",
        "_being_written.csv",
        "_temporary/c.csv",
    ):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos") == ["pos/b.csv", "pos/deep/er/a b%.csv"]


def test_a_directory_that_spark_wrote_is_one_delivery(landing, tmp_path):
    put(tmp_path / "crm" / "one.parquet" / "part-0", "12", 1_700_000_000)
    put(tmp_path / "crm" / "one.parquet" / "part-1", "3", 1_700_000_009)
    put(tmp_path / "crm" / "one.parquet" / ".part-0.crc")
    put(tmp_path / "crm" / "two" / "_SUCCESS")
    put(tmp_path / "crm" / "two" / "part-0", "4")
    one, two = landing.listing("crm").files
    assert (one.name, one.size, one.modified, len(one.parts)) == (
        "crm/one.parquet",
        3,
        1_700_000_009_000,
        2,
    )
    assert (two.name, two.size) == ("crm/two", 1)


def test_the_topmost_finished_folder_is_the_delivery():
    paths = ["a/x.parquet/m=1/p0", "a/x.parquet/m=1/_SUCCESS", "a/y.csv"]
    assert deliveries("a", paths) == {"a/x.parquet": ["a/x.parquet/m=1/p0"], "a/y.csv": ["a/y.csv"]}


def test_a_missing_folder_has_no_deliveries(landing):
    found = landing.listing("nowhere")
    assert found.files == ()
    assert found.skipped == (
        f"there is no folder {landing.root}/nowhere: put files there, or correct external.location",
    )


def test_times_are_rounded_down_to_milliseconds_as_in_java(landing, tmp_path):
    put(tmp_path / "pos" / "a.csv")
    # A float of seconds rounds the last one up.
    for nanoseconds in (
        1_700_000_000_123_000_000,
        1_795_271_376_999_000_001,
        1_763_722_058_560_999_999,
    ):
        os.utime(tmp_path / "pos" / "a.csv", ns=(nanoseconds, nanoseconds))
        assert landing.listing("pos").files[0].modified == nanoseconds // 1_000_000


def test_a_link_is_listed_with_the_size_and_time_of_its_target(landing, tmp_path):
    put(tmp_path / "elsewhere.csv", "1234", 1_700_000_000)
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "pos" / "gone.csv").symlink_to(tmp_path / "gone.csv")
    [file] = landing.listing("pos").files
    assert (file.name, file.size, file.modified) == ("pos/a.csv", 4, 1_700_000_000_000)


def test_entries_that_are_not_files_are_skipped_with_the_reason(landing, tmp_path):
    put(tmp_path / "elsewhere" / "a.csv")
    put(tmp_path / "pos" / "good.csv")
    (tmp_path / "pos" / "folder").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pos" / "pipe")
    (tmp_path / "pos" / "x").write_text("")
    os.rename(tmp_path / "pos" / "x", os.fsencode(tmp_path / "pos") + b"/caf\xe9")
    listing = landing.listing("pos")
    assert [file.name for file in listing.files] == ["pos/good.csv"]
    assert sorted(listing.skipped) == [
        "pos/caf\\xe9 was skipped: its name is not UTF-8",
        "pos/folder was skipped: it is a link to a folder; "
        "mount the folder there, or link its files",
        "pos/pipe was skipped: it is not a regular file",
    ]


def test_files_with_their_listed_size_and_time_are_unchanged(landing, tmp_path):
    put(tmp_path / "pos" / "same.csv")
    put(tmp_path / "pos" / "gone.csv")
    put(tmp_path / "pos" / "touched.csv")
    for name in ("part-0", "_SUCCESS"):
        put(tmp_path / "pos" / "same" / name)
        put(tmp_path / "pos" / "grown" / name)
    files = landing.listing("pos").files
    (tmp_path / "pos" / "gone.csv").unlink()
    put(tmp_path / "pos" / "touched.csv", modified=1)
    put(tmp_path / "pos" / "grown" / "part-1")
    assert landing.unchanged("pos", files) == {"pos/same", "pos/same.csv"}


def test_a_landing_folder_may_have_any_name(tmp_path):
    for name in ("a::b", "[ab]*?", "{a,b}"):
        put(tmp_path / name / "pos" / "a.csv")
        assert names(Landing(str(tmp_path / name)), "pos") == ["pos/a.csv"]


def test_only_files_of_the_glob_are_complete(landing, tmp_path):
    for name in ("sales_1.csv", "stock_1.csv", "old/sales_2.csv", "sales_1.csv.tmp"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos", glob="sales_*.csv") == ["pos/sales_1.csv"]
    assert names(landing, "pos", glob="**/sales_*.csv") == [
        "pos/old/sales_2.csv",
        "pos/sales_1.csv",
    ]


def test_a_file_is_incomplete_during_its_grace_period(landing, tmp_path):
    put(tmp_path / "pos" / "old.csv", modified=NOW.timestamp() - 61)
    put(tmp_path / "pos" / "new.csv", modified=NOW.timestamp() - 59)
    assert names(landing, "pos", grace_seconds=60) == ["pos/old.csv"]


def test_a_file_is_incomplete_without_its_marker(landing, tmp_path):
    for name in ("a.csv", "a.csv.done", "b.csv"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos", done_marker="{name}.done") == ["pos/a.csv"]


def test_a_folder_is_incomplete_without_its_marker(landing, tmp_path):
    for name in ("one/a.csv", "one/_READY", "two/b.csv"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos", done_marker="_READY") == ["pos/one/a.csv"]


def opening(landing: Landing, name: str, content: bytes) -> str:
    """What is read of a text file, or why it is rejected."""
    Path(landing.root, "x").mkdir(exist_ok=True)
    Path(landing.root, "x", name).write_bytes(content)
    [part] = [file.parts[0] for file in landing.listing("x").files if file.name == f"x/{name}"]
    try:
        with opened(landing, part) as stored:
            return stored.read().decode()
    except Rejected as error:
        return str(error)


def test_gzip_is_decompressed_and_other_compressions_are_rejected(landing):
    text = b"id\n1\n"
    assert opening(landing, "a.csv.gz", gzip.compress(text)) == text.decode()
    assert opening(landing, "a.csv", text) == text.decode()
    assert "files with extension .snappy are not supported: deliver it" in opening(
        landing, "a.snappy", text
    )
    assert "files with extension .xz are not supported" in opening(landing, "A.XZ", text)
    assert "its content is compressed with gzip" in opening(landing, "b.csv", gzip.compress(text))
    assert "its content is a zip archive" in opening(
        landing, "c.csv", b"PK\x03\x04 stored\nid\n1\n"
    )
    assert "it cannot be read: Not a gzipped file" in opening(landing, "d.csv.gz", text)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/a b%c", "/a%20b%25c"),
        ("/{x}[y]*`'\"", "/%7Bx%7D%5By%5D*%60'%22"),
        ("/#?+&=@;,", "/%23%3F+&=@;,"),
        ("/çağ 🛒", "/çağ%20🛒"),
        ("/\N{NO-BREAK SPACE}", "/%C2%A0"),
    ],
)
def test_a_path_is_encoded_as_in_sparks_file_path(path, uri):
    assert encoded(path) == uri
