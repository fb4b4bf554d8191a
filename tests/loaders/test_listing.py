import os

from loaders.listing import listing, look


def put(path, content="x", modified=1_700_000_000):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (modified, modified))


def test_files_are_named_relative_to_landing_and_hidden_ones_are_not_seen(tmp_path):
    for name in ("b.csv", "deep/er/a b%.csv", ".hidden.csv", "_being_written.csv"):
        put(tmp_path / "pos" / name)
    assert [file.name for file in listing(tmp_path, "pos")] == ["pos/b.csv", "pos/deep/er/a b%.csv"]


def test_a_directory_that_spark_wrote_is_one_delivery(tmp_path):
    put(tmp_path / "crm" / "one.parquet" / "part-0", "12", 1_700_000_000)
    put(tmp_path / "crm" / "one.parquet" / "part-1", "3", 1_700_000_009)
    put(tmp_path / "crm" / "one.parquet" / ".part-0.crc")
    put(tmp_path / "crm" / "two" / "_SUCCESS")
    put(tmp_path / "crm" / "two" / "part-0", "4")
    one, two = listing(tmp_path, "crm")
    assert (one.name, one.size, one.modified, len(one.parts)) == ("crm/one.parquet", 3, 1_700_000_009_000, 2)
    assert (two.name, two.size) == ("crm/two", 1)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert listing(tmp_path, "nowhere") == []
    assert look(tmp_path, "nowhere/a.csv") is None


def test_the_checksum_is_of_the_content_alone(tmp_path):
    put(tmp_path / "a", "same", 1)
    put(tmp_path / "b", "same", 2)
    put(tmp_path / "c", "other", 1)
    a, b, c = (look(tmp_path, name).checksum() for name in "abc")
    assert a == b != c
