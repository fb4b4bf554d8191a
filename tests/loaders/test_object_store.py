"""A landing folder in an object store: the loader and Spark read from a real S3 server."""

import csv
import gzip
import io
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import fsspec
import pyarrow
import pytest
from fsspec.registry import _registry as registered
from pyarrow import fs as arrow_fs
from pyarrow import parquet

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session, SqlError
from loaders import ledger
from loaders import load as loader
from loaders.context import Context
from loaders.contract import Column, Contract, Rules
from loaders.listing import Landing
from loaders.run import load_all
from ops import doctor

COLUMNS = (Column("id", "int", required=True), Column("note", "string"))


def dataset(table: str, using: str) -> Contract:
    return Contract(
        "store", table, "bronze", f"store_{table}", f"store/{table}", using, COLUMNS, rules=Rules()
    )


def as_csv(*rows: tuple[int, str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([("id", "note"), *rows])
    return text.getvalue().encode()


def as_parquet(*rows: tuple, names=("id", "note")) -> bytes:
    content = io.BytesIO()
    columns = [pyarrow.array(column) for column in zip(*rows, strict=True)]
    parquet.write_table(pyarrow.table(columns, list(names)), content)
    return content.getvalue()


class Bucket:
    """A bucket of the S3 server; `read` uses another client than the loader and Spark."""

    def __init__(self, address: str):
        fs = fsspec.filesystem("s3")
        fs.mkdir("bucket")
        self.call = fs.call_s3
        self.other = arrow_fs.S3FileSystem(
            access_key="test",
            secret_key="test",
            endpoint_override=address,
            scheme="http",
            region="us-east-1",
        )

    def put(self, name: str, content: bytes) -> None:
        self.call("put_object", Bucket="bucket", Key=f"landing/{name}", Body=content)

    def read(self, name: str) -> list[dict]:
        path = f"bucket/landing/{name}"
        if name.endswith(".parquet"):
            with self.other.open_input_file(path) as stored:
                return parquet.read_table(stored).to_pylist()
        with self.other.open_input_stream(path) as stored:
            text = stored.read().decode()
        if name.endswith(".json"):
            return [json.loads(line) for line in text.splitlines()]
        return list(csv.DictReader(io.StringIO(text)))

    def rows(self, *names: str, delivery: str = "") -> list[tuple]:
        return sorted(
            (int(row["id"]), row["note"], delivery or name)
            for name in names
            for row in self.read(name)
        )


def moto(port: int) -> subprocess.Popen:
    """An S3 server, once it answers."""
    command = [Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json", timeout=5).close()
            return process
        except urllib.error.URLError:
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise AssertionError("moto_server did not come up")


@pytest.fixture(scope="module")
def bucket(environment):
    """The object store, at the address that the Spark server has in its environment."""
    address = environment["AWS_ENDPOINT_URL"].removeprefix("http://")
    process = moto(int(address.partition(":")[2]))
    try:
        yield Bucket(address)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def settings(bucket, server) -> Settings:
    """The settings of the Spark server, with the landing folder in the bucket."""
    return replace(server, landing="s3://bucket/landing", statement_timeout=300)


def rows(settings: Settings, contract: Contract) -> list[tuple]:
    with Session(settings) as session:
        table = f"bronze.{contract.identifier}"
        return sorted(map(tuple, session.execute(f"select id, note, _source_file from {table}")))


def load(settings: Settings, *contracts: Contract):
    reports = load_all(settings, contracts)
    assert not any(report.error for report in reports), [report.error for report in reports]
    return reports


def test_a_landing_folder_in_a_bucket_is_loaded_once_and_corrected(bucket, settings):
    text, columnar, lines = contracts = (
        dataset("text", "csv"),
        dataset("columnar", "parquet"),
        dataset("lines", "json"),
    )
    odd = [
        "a b.csv",
        "50%.csv",
        "%41.csv",
        "a+b.csv",
        "grün.csv",
        "🛒.csv",
        "day=1/a:b.csv",
        "[x]*{y}?#.csv",
    ]
    names = [f"store/text/{name}" for name in ("one.csv", "deep/er/two.csv", *odd)]
    for number, name in enumerate(names):
        bucket.put(name, as_csv((number, name), (100 + number, 'said "so", twice')))
    packed = as_csv((200, "packed"), (201, "small"))
    bucket.put("store/text/packed.csv.gz", gzip.compress(packed))
    # What stands for a folder, and what no path of Spark's leads to.
    bucket.put("store/text/deep/", b"")
    bucket.put("store/text/deep//lost.csv", as_csv((300, "lost")))
    parts = [f"store/columnar/day.parquet/part-{number}.parquet" for number in range(2)]
    bucket.put(parts[0], as_parquet((1, "a"), (2, "b")))
    bucket.put(parts[1], as_parquet((3, "c")))
    bucket.put("store/columnar/day.parquet/_SUCCESS", b"")
    other = "store/columnar/other.parquet"
    bucket.put(other, as_parquet(("d", 4, "x"), names=("note", "id", "more")))
    bucket.put("store/lines/a.json", '{"id": 1, "note": "a"}\n{"id": 2, "note": "ü"}\n'.encode())

    def expected_text() -> list[tuple]:
        return sorted([*bucket.rows(*names), *bucket.rows("store/text/packed.csv.gz")])

    first = load(settings, *contracts)
    assert rows(settings, text) == expected_text()
    whole = bucket.rows(*parts, delivery="store/columnar/day.parquet") + bucket.rows(other)
    assert rows(settings, columnar) == sorted(whole)
    assert rows(settings, lines) == bucket.rows("store/lines/a.json")
    assert [(report.files_new, report.files_rejected) for report in first] == [
        (11, 1),
        (2, 0),
        (1, 0),
    ]
    [note] = [note for note in first[0].notes if "rejected" in note]
    assert note.startswith("store/text/deep//lost.csv was rejected: its name contains //")

    assert [report.batches for report in load(settings, *contracts)] == [[], [], []]

    # As long as before, and perhaps within the same second.
    bucket.put(
        names[0],
        bucket.other.open_input_file(f"bucket/landing/{names[0]}").read().replace(b"so", b"SO"),
    )
    [report] = load(settings, text)
    assert (report.files_replaced, report.files_new, report.rows_loaded) == (1, 0, 2)
    assert (100, 'said "SO", twice', names[0]) in rows(settings, text)
    assert rows(settings, text) == expected_text()

    with Session(settings) as session:
        found = f"select source_file, state from {ledger.LEDGER} where dataset = '{text.dataset}'"
        states = dict(session.execute(found))
    assert {name for name, state in states.items() if state != "loaded"} == {
        "store/text/deep//lost.csv"
    }


def test_no_file_is_rejected_if_the_store_goes_away(bucket, settings, monkeypatch):
    away = dataset("away", "csv")
    bucket.put("store/away/a.csv", as_csv((1, "a")))
    landing = Landing(settings.landing)

    def is_away(*_, **__):
        raise OSError("Connection refused")

    def goes_away(*_, **__):
        monkeypatch.setattr(landing.fs, "find", is_away)
        raise SqlError("[FAILED_READ_FILE.NO_HINT] Connection refused")

    broken = [("store/away/a.csv", "it cannot be read completely")]
    monkeypatch.setattr(loader._Load, "_insert", goes_away)
    monkeypatch.setattr(loader._Load, "_bisect", lambda *_: broken)
    with (
        Session(settings) as session,
        pytest.raises(LakehouseError, match="cannot be listed: .*Connection refused"),
    ):
        loader.load(Context(session, landing, away))
    monkeypatch.undo()
    [report] = load(settings, away)
    assert (report.files_new, report.files_rejected) == (1, 0)


def at(landing: str) -> Settings:
    return Settings(Path("home"), landing, "127.0.0.1", 1)


def test_doctor_checks_the_bucket(bucket):
    bucket.put("a.csv", as_csv((1, "a")))
    assert doctor.check_landing(at("s3://bucket/landing")) == "s3://bucket/landing"
    assert doctor.check_landing(at("s3://bucket/new")) == "s3://bucket/new, which is empty"
    with pytest.raises(
        LakehouseError, match="s3a://nobody/landing cannot be listed: .*does not exist"
    ) as caught:
        doctor.check_landing(at("s3://nobody/landing"))
    assert "AWS_ENDPOINT_URL" in caught.value.remedy


def test_doctor_reports_missing_keys_and_a_missing_package(bucket, monkeypatch):
    fsspec.filesystem("s3").clear_instance_cache()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(LakehouseError, match="cannot be listed: .*redentials") as caught:
        doctor.check_landing(at("s3://bucket/landing"))
    assert "AWS_ACCESS_KEY_ID" in caught.value.remedy
    fsspec.filesystem("s3").clear_instance_cache()
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(registered, "s3")
    with pytest.raises(LakehouseError, match="s3fs") as caught:
        doctor.check_landing(at("s3://bucket/landing"))
    assert caught.value.remedy == "run: pip install s3fs"
