"""Folders and addresses of the lakehouse, from environment variables."""

import getpass
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import Any

import yaml

from lakehouse.errors import LakehouseError

PROJECT = Path(__file__).resolve().parent.parent
SPARK_CONF = PROJECT / "spark"
# Shared by every LAKEHOUSE_HOME of the installation.
JARS = Path(sys.prefix) / "share" / "lakehouse" / "jars"

# As LAKEHOUSE_TLS_CA=system: verify with the certificates that the machine trusts.
SYSTEM_CA = PROJECT / "system"


def path_of(environ: Mapping[str, str], name: str) -> Path | None:
    """The absolute path in a variable; None if it is not set or empty."""
    return PROJECT / environ[name] if environ.get(name) else None


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach the host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True)
class Settings:
    """State, landing folder, Thrift address and login of one lakehouse.

    `landing` is an absolute path, or the URL of a folder in an object store. `statement_timeout`
    is the maximum wait for an answer to a statement, in seconds. `password_file` has the password
    of `user`. `tls_ca` has the certificates, in PEM, that the server's certificate is verified
    with; SYSTEM_CA stands for those of the machine. Without it the connection is not encrypted.
    """

    home: Path
    landing: str
    host: str
    port: int
    statement_timeout: float = 3600
    user: str = ""
    password_file: Path | None = None
    tls_ca: Path | None = None

    def __post_init__(self):
        if not 0 < self.statement_timeout < inf:
            raise LakehouseError(
                f"LAKEHOUSE_STATEMENT_TIMEOUT is {self.statement_timeout:g}, not a valid duration",
                "set it to a number of seconds",
            )
        if not 0 < self.port < 65536:
            raise LakehouseError(
                f"LAKEHOUSE_THRIFT_PORT is {self.port}, not a valid port",
                "set it to a number from 1 to 65535",
            )

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def login(self) -> str:
        """The name that the server knows the user by: `user`, or that of the operating system."""
        return self.user or getpass.getuser()

    @property
    def server(self) -> str:
        """Address, and whether TLS is used, for messages."""
        return f"{self.address} with TLS" if self.tls_ca else self.address

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from LAKEHOUSE_HOME, _LANDING, _THRIFT_HOST, _THRIFT_PORT, _STATEMENT_TIMEOUT,
        _USER, _PASSWORD_FILE and _TLS_CA.

        Relative paths are relative to the project, not to the current folder. Raises
        LakehouseError if the port or the timeout is not a valid number.
        """
        port = environ.get("LAKEHOUSE_THRIFT_PORT", "10000")
        landing = environ.get("LAKEHOUSE_LANDING", "landing")
        if not port.isdigit():
            raise LakehouseError(
                f"LAKEHOUSE_THRIFT_PORT is {port!r}, not a valid port",
                "set it to a number from 1 to 65535",
            )
        timeout = environ.get("LAKEHOUSE_STATEMENT_TIMEOUT", "3600")
        if not timeout.replace(".", "", 1).isdecimal():
            raise LakehouseError(
                f"LAKEHOUSE_STATEMENT_TIMEOUT is {timeout!r}, not a valid duration",
                "set it to a number of seconds",
            )
        return cls(
            home=PROJECT / environ.get("LAKEHOUSE_HOME", ".lakehouse"),
            landing=landing if re.match(r"\w+://", landing) else str(PROJECT / landing),
            host=environ.get("LAKEHOUSE_THRIFT_HOST", "127.0.0.1"),
            port=int(port),
            statement_timeout=float(timeout),
            user=environ.get("LAKEHOUSE_USER", ""),
            password_file=path_of(environ, "LAKEHOUSE_PASSWORD_FILE"),
            tls_ca=path_of(environ, "LAKEHOUSE_TLS_CA"),
        )


def schema_name(name: str) -> str:
    """A schema's name with the prefix LAKEHOUSE_SCHEMA_PREFIX, as dbt builds it."""
    return os.environ.get("LAKEHOUSE_SCHEMA_PREFIX", "") + name


def project_variable(name: str) -> Any:
    """A variable of dbt_project.yml. Values of `dbt --vars` are not seen here."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"][name]


def settings_of(profile: Any) -> Settings:
    """The settings, with host, port and user of a dbt profile for Spark.

    `use_ssl` verifies with the certificates of the machine, unless LAKEHOUSE_TLS_CA is set.
    """
    settings = Settings.from_environment()
    return replace(
        settings,
        host=profile.host,
        port=profile.port,
        user=profile.user or settings.user,
        tls_ca=settings.tls_ca or (SYSTEM_CA if profile.use_ssl else None),
    )
