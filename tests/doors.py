"""A server that other machines may reach: with TLS, and users in a file or a directory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lakehouse.settings import Settings
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


def environment_of(pid: int) -> str:
    """The environment and the arguments of a process."""
    return "".join(
        Path("/proc", str(pid), name).read_text(errors="replace") for name in ("environ", "cmdline")
    )
