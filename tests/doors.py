"""A server that other machines may reach: with TLS, and users in a file or a directory."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.spark.connections import SparkCredentials
from sqlalchemy import URL, create_engine

from dbt_lakehouse import Connections
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from loaders.run import load_all
from ops import certificates
from ops import server as spark
from tests.servers import free_port, start

USER, PASSWORD = "ada", "correct-horse-battery"


@contextmanager
def guarded(folder: Path, **authentication: str) -> Iterator[Settings]:
    """The settings of a client that may log in to a running server, whose host is `localhost`.

    The folder has certificates, another authority in `other`, and the files `password` and `wrong`.
    """
    certificates.issue(folder, ("localhost",))
    certificates.issue(folder / "other", ("localhost",))
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "wrong").write_text(f"{PASSWORD.upper()}\n")
    settings = Settings(
        folder / "home",
        str(folder / "landing"),
        "localhost",
        free_port(),
        user=USER,
        password_file=folder / "password",
        tls_ca=folder / "ca.pem",
    )
    server = {
        "LAKEHOUSE_BIND": "0.0.0.0",
        "LAKEHOUSE_TLS_CERTIFICATE": str(folder / "server.pem"),
        "LAKEHOUSE_TLS_KEY": str(folder / "server.key"),
    }
    start(settings, **server, **variables(settings), **authentication)
    try:
        yield settings
    finally:
        spark.stop(settings)


def variables(settings: Settings) -> dict[str, str]:
    """The environment of a client with these settings."""
    return {
        "LAKEHOUSE_HOME": str(settings.home),
        "LAKEHOUSE_THRIFT_HOST": settings.host,
        "LAKEHOUSE_THRIFT_PORT": str(settings.port),
        "LAKEHOUSE_USER": settings.user,
        "LAKEHOUSE_PASSWORD_FILE": str(settings.password_file or ""),
        "LAKEHOUSE_TLS_CA": str(settings.tls_ca or ""),
    }


def faults(settings: Settings) -> dict[str, tuple[Settings, str]]:
    """Settings of clients that are refused, and the sentence of the error, by name."""
    folder, address = settings.home.parent, settings.address
    refused = f"the server at {address} refused the login of {USER}"
    certificate = "the certificate of {} was refused: "
    return {
        "wrong password": (replace(settings, password_file=folder / "wrong"), refused),
        "no password": (replace(settings, password_file=None), refused),
        "plain text": (replace(settings, tls_ca=None), f"the server at {address} requires TLS"),
        "wrong authority": (
            replace(settings, tls_ca=folder / "other" / "ca.pem"),
            certificate.format(address),
        ),
        "wrong host": (
            replace(settings, host="127.0.0.1"),
            certificate.format(f"127.0.0.1:{settings.port}"),
        ),
    }


FAULTS = ("wrong password", "no password", "plain text", "wrong authority", "wrong host")


Client = Callable[[Settings], list[tuple]]


def by_session(settings: Settings) -> list[tuple]:
    with Session(settings) as session:
        return session.execute("select current_user()")


def by_sqlalchemy(settings: Settings) -> list[tuple]:
    file = settings.password_file
    url = URL.create(
        "lakehouse",
        settings.user,
        file and file.read_text().strip(),
        settings.host,
        settings.port,
        query={"ca": str(settings.tls_ca)} if settings.tls_ca else {},
    )
    with create_engine(url).connect() as connection:
        return connection.exec_driver_sql("select current_user()").all()


def by_dbt(settings: Settings) -> list[tuple]:
    profile = SparkCredentials(
        host=settings.host, port=settings.port, schema="default", method="thrift"
    )
    opened = Connections.open(Connection("spark", None, profile))
    cursor = opened.handle.cursor()
    cursor.execute("select current_user()")
    rows = cursor.fetchall()
    opened.handle.close()
    return rows


def by_loader(settings: Settings) -> list[tuple]:
    load_all(settings, [])
    return [(settings.user,)]


CLIENTS = [by_session, by_sqlalchemy, by_dbt, by_loader]


def log_in(client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """Log in with a client of CLIENTS; returns the user as the server knows it."""
    for name, value in variables(settings).items():
        monkeypatch.setenv(name, value)
    if client is by_sqlalchemy:
        # Its login is in the URL.
        monkeypatch.delenv("LAKEHOUSE_PASSWORD_FILE")
        monkeypatch.delenv("LAKEHOUSE_TLS_CA")
    return client(settings)


def beeline(settings: Settings, password: str) -> subprocess.CompletedProcess:
    folder = settings.home.parent
    store = f"sslTrustStore={folder}/ca.p12;trustStorePassword=changeit"
    url = f"jdbc:hive2://{settings.address}/default;ssl=true;{store}"
    login = ["-n", USER, "-w", str(folder / password)]
    command = ["beeline", "-u", url, *login, "-e", "select current_user() as who;"]
    return subprocess.run(command, capture_output=True, text=True)
