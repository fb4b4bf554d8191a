import gzip
import os
from datetime import datetime, timezone

import pytest

from lakehouse.errors import LakehouseError
from loaders.contract import Rules
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


def test_files_are_named_relative_to_landing_and_hidden_ones_are_not_seen(landing, tmp_path):
    for name in ("b.csv", "deep/er/a b%.csv", ".hidden.csv", "_being_written.csv", "_temporary/c.csv"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos") == ["pos/b.csv", "pos/deep/er/a b%.csv"]


def test_a_directory_that_spark_wrote_is_one_delivery(landing, tmp_path):
    put(tmp_path / "crm" / "one.parquet" / "part-0", "12", 1_700_000_000)
    put(tmp_path / "crm" / "one.parquet" / "part-1", "3", 1_700_000_009)
    put(tmp_path / "crm" / "one.parquet" / ".part-0.crc")
    put(tmp_path / "crm" / "two" / "_SUCCESS")
    put(tmp_path / "crm" / "two" / "part-0", "4")
    one, two = landing.listing("crm").files
    assert (one.name, one.size, one.modified, len(one.parts)) == ("crm/one.parquet", 3, 1_700_000_009_000, 2)
    assert (two.name, two.size) == ("crm/two", 1)


def test_the_topmost_finished_folder_is_the_delivery():
    paths = ["a/x.parquet/m=1/p0", "a/x.parquet/m=1/_SUCCESS", "a/y.csv"]
    assert deliveries("a", paths) == {"a/x.parquet": ["a/x.parquet/m=1/p0"], "a/y.csv": ["a/y.csv"]}


def test_a_folder_that_is_not_there_holds_nothing(landing):
    assert landing.listing("nowhere").files == ()


def test_a_time_is_the_millisecond_that_java_sees(landing, tmp_path):
    put(tmp_path / "pos" / "a.csv")
    # A float of seconds rounds the last one up.
    for nanoseconds in (1_700_000_000_123_000_000, 1_795_271_376_999_000_001, 1_763_722_058_560_999_999):
        os.utime(tmp_path / "pos" / "a.csv", ns=(nanoseconds, nanoseconds))
        assert landing.listing("pos").files[0].modified == nanoseconds // 1_000_000


def test_a_link_is_the_file_it_leads_to(landing, tmp_path):
    put(tmp_path / "elsewhere.csv", "1234", 1_700_000_000)
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "pos" / "gone.csv").symlink_to(tmp_path / "gone.csv")
    [file] = landing.listing("pos").files
    assert (file.name, file.size, file.modified) == ("pos/a.csv", 4, 1_700_000_000_000)


def test_a_link_to_a_folder_is_refused(landing, tmp_path):
    put(tmp_path / "elsewhere" / "a.csv")
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "folder").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LakehouseError, match="pos/folder is a link to a folder"):
        landing.listing("pos")


def test_a_landing_folder_may_have_any_name(tmp_path):
    for name in ("a::b", "[ab]*?", "{a,b}"):
        put(tmp_path / name / "pos" / "a.csv")
        assert names(Landing(str(tmp_path / name)), "pos") == ["pos/a.csv"]


def test_only_files_of_the_glob_are_complete(landing, tmp_path):
    for name in ("sales_1.csv", "stock_1.csv", "old/sales_2.csv", "sales_1.csv.tmp"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos", glob="sales_*.csv") == ["pos/sales_1.csv"]
    assert names(landing, "pos", glob="**/sales_*.csv") == ["pos/old/sales_2.csv", "pos/sales_1.csv"]


def test_a_file_is_left_alone_for_its_grace_period(landing, tmp_path):
    put(tmp_path / "pos" / "old.csv", modified=NOW.timestamp() - 61)
    put(tmp_path / "pos" / "new.csv", modified=NOW.timestamp() - 59)
    assert names(landing, "pos", grace_seconds=60) == ["pos/old.csv"]


def test_a_file_waits_for_its_marker(landing, tmp_path):
    for name in ("a.csv", "a.csv.done", "b.csv"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos", done_marker="{name}.done") == ["pos/a.csv"]


def test_a_folder_waits_for_its_marker(landing, tmp_path):
    for name in ("one/a.csv", "one/_READY", "two/b.csv"):
        put(tmp_path / "pos" / name)
    assert names(landing, "pos", done_marker="_READY") == ["pos/one/a.csv"]


def test_the_checksum_is_of_the_content_alone(landing, tmp_path):
    put(tmp_path / "x" / "a", "same", 1)
    put(tmp_path / "x" / "b", "same", 2)
    put(tmp_path / "x" / "c", "other", 1)
    a, b, c = (landing.checksum(file) for file in landing.listing("x").files)
    assert a == b != c


def test_a_packed_file_is_unpacked_on_request(landing, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.csv.gz").write_bytes(gzip.compress(b"id\n1\n"))
    [file] = landing.listing("x").files
    with landing.open(file.parts[0], unpacked=True) as opened:
        assert opened.read() == b"id\n1\n"


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
def test_a_path_is_encoded_as_spark_shows_it(path, uri):
    assert encoded(path) == uri
