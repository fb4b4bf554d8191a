"""The metastore of a cluster: a database in PostgreSQL."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lakehouse.errors import LakehouseError
from lakehouse.settings import path_of
from lakehouse.transport import read_password, tls_context


@dataclass(frozen=True)
class Metastore:
    """Address and login of the database. Raises LakehouseError if the URL is incomplete.

    `url` is `postgresql://user@host[:port]/database`. With `ca`, certificates in PEM, the
    connections use TLS, and verify the certificate and its host name.
    """

    url: str
    password_file: Path
    ca: Path | None = None

    def __post_init__(self):
        parts = urlsplit(self.url)
        complete = parts.scheme == "postgresql" and parts.username and parts.hostname
        if not complete or parts.password or not parts.path.strip("/"):
            shown = self.url if not parts.password else "a URL with a password"
            raise LakehouseError(
                f"LAKEHOUSE_METASTORE is {shown}",
                "set it to postgresql://user@host:5432/database, without a password",
            )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Metastore | None":
        """From LAKEHOUSE_METASTORE, _METASTORE_PASSWORD_FILE and _METASTORE_CA; None if not set."""
        if not environ.get("LAKEHOUSE_METASTORE"):
            return None
        file = path_of(environ, "LAKEHOUSE_METASTORE_PASSWORD_FILE")
        if not file:
            raise LakehouseError(
                "LAKEHOUSE_METASTORE_PASSWORD_FILE is not set", "set it to a file with the password"
            )
        ca = path_of(environ, "LAKEHOUSE_METASTORE_CA")
        return cls(environ["LAKEHOUSE_METASTORE"], file, ca)

    @property
    def address(self) -> str:
        return self.url.rpartition("@")[2]

    def properties(self) -> dict[str, str]:
        """Hive's settings, which include the password."""
        tls = f"?sslmode=verify-full&sslrootcert={self.ca}" if self.ca else ""
        return {
            "javax.jdo.option.ConnectionURL": f"jdbc:postgresql://{self.address}{tls}",
            "javax.jdo.option.ConnectionDriverName": "org.postgresql.Driver",
            "javax.jdo.option.ConnectionUserName": unquote(urlsplit(self.url).username or ""),
            "javax.jdo.option.ConnectionPassword": self._password(),
            "datanucleus.schema.autoCreateAll": "false",
        }

    def run(self, statement: str, timeout: float, **values: str | int) -> Any:
        """Run a statement in a connection of its own; returns its rows.

        Each answer takes at most `timeout` seconds. Raises LakehouseError.
        """
        try:
            from pg8000.exceptions import Error
            from pg8000.native import Connection
        except ImportError:
            raise LakehouseError(
                "the package pg8000 is not installed",
                "run: pip install 'retail-lakehouse[cluster]'",
            ) from None
        parts = urlsplit(self.url)
        try:
            with Connection(
                unquote(parts.username or ""),
                host=parts.hostname,
                port=parts.port or 5432,
                database=parts.path.strip("/"),
                password=self._password(),
                timeout=timeout,
                ssl_context=tls_context(self.ca) if self.ca else False,
            ) as database:
                return database.run(statement, **values)
        except (Error, OSError) as error:
            raise LakehouseError(
                f"the metastore at {self.address} failed: {reason(error)}",
                "check LAKEHOUSE_METASTORE, and that the database answers",
            ) from None

    def _password(self) -> str:
        return read_password(self.password_file, "LAKEHOUSE_METASTORE_PASSWORD_FILE")


def reason(error: Exception) -> str:
    """The message of an error of pg8000, which has PostgreSQL's fields in a dictionary."""
    [first, *_] = error.args or (type(error).__name__,)
    return str(first["M"] if isinstance(first, dict) and "M" in first else error)
