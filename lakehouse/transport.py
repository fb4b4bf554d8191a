"""The connection to the Thrift server that every client uses: SASL PLAIN, over verified TLS.

PyHive has no TLS for this protocol, and dbt-spark's `use_ssl` verifies nothing
(https://github.com/dbt-labs/dbt-adapters/issues/475).
"""

import logging
import ssl
import struct
from functools import partial
from pathlib import Path
from socket import socket

import thrift_sasl
from pyhive import hive
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TTransportException

from lakehouse.errors import LakehouseError
from lakehouse.settings import SYSTEM_CA, Settings, is_loopback

# First byte of what a server with TLS answers to a client without.
TLS_ALERT = 0x15

# The transport logs its errors and also raises them.
logging.getLogger("thrift").setLevel(logging.CRITICAL)


class Refused(LakehouseError):
    """A server answers, but it refused the login, or its certificate was refused."""


def transport(settings: Settings, password: str | None = None) -> "Transport":
    """An unopened connection to the server of the settings, as their user.

    The password is by default the content of their password file; a server on loopback without
    authentication accepts any. Opening raises Refused. Raises LakehouseError if a file cannot be
    read, or if the password would be sent over the network in plain text.
    """
    if password is None and settings.password_file:
        password = read_password(settings.password_file, "LAKEHOUSE_PASSWORD_FILE")
    if password and not settings.tls_ca and not is_loopback(settings.host):
        raise LakehouseError(
            f"the password for {settings.address} would be sent in plain text",
            "set LAKEHOUSE_TLS_CA to the certificate of the server's authority",
        )
    return Transport(settings, password or "none")


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise LakehouseError(f"{path} cannot be read: {reason}", f"correct {variable}") from None


def read_password(path: Path, variable: str) -> str:
    """The password in a file, without the line break at its end. Raises LakehouseError."""
    return _read(path, variable).rstrip("\r\n")


def tls_context(ca: Path) -> ssl.SSLContext:
    """A context that verifies the certificate and its host name. Raises LakehouseError."""
    if ca == SYSTEM_CA:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=_read(ca, "LAKEHOUSE_TLS_CA"))
    except ssl.SSLError:
        raise LakehouseError(
            f"{ca} has no certificate in PEM", "correct LAKEHOUSE_TLS_CA"
        ) from None


class TlsSocket(TSocket):
    """A socket with TLS. Thrift's own hides why the verification failed."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext):
        super().__init__(host, port)
        self._context = context

    def open(self) -> None:
        """Connect. Raises Refused if the certificate is not valid for the host."""
        super().open()
        plain: socket = self.handle  # type: ignore[has-type]
        try:
            self.handle = self._context.wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise Refused(
                f"the certificate of {self.host}:{self.port} was refused: {error.verify_message}",
                "check LAKEHOUSE_TLS_CA, and LAKEHOUSE_THRIFT_HOST, which the certificate names",
            ) from None
        except (TimeoutError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            self.close()
            late = isinstance(error, TimeoutError)
            kind = TTransportException.TIMED_OUT if late else TTransportException.END_OF_FILE
            raise TTransportException(kind, inner=error) from None
        except ssl.SSLError as error:
            self.close()
            raise Refused(
                f"the server at {self.host}:{self.port} does not speak TLS: {error.reason}",
                "unset LAKEHOUSE_TLS_CA, if the server has no TLS",
            ) from None


class Transport(thrift_sasl.TSaslClientTransport):
    """A connection with a login. Its representation has no password."""

    def __init__(self, settings: Settings, password: str):
        address = settings.host, settings.port
        ca = settings.tls_ca
        self.user = settings.login
        self._address = settings.address
        client = partial(
            hive.get_installed_sasl, settings.host, "PLAIN", username=self.user, password=password
        )
        super().__init__(
            client, "PLAIN", TlsSocket(*address, tls_context(ca)) if ca else TSocket(*address)
        )

    def open(self) -> None:
        """Connect and log in. Raises Refused, or an error of the network."""
        try:
            super().open()
        except TTransportException as error:
            if not str(error.message).startswith("Bad status"):
                raise
            self.close()
            raise Refused(
                f"the server at {self._address} refused the login of {self.user}",
                "check LAKEHOUSE_USER and LAKEHOUSE_PASSWORD_FILE",
            ) from None

    def _recv_sasl_message(self) -> tuple[int, bytes]:
        """The server's next message of the login. Raises Refused if it is one of TLS."""
        status, length = struct.unpack(">BI", self._trans_read_all(5))
        if status == TLS_ALERT:
            self.close()
            raise Refused(
                f"the server at {self._address} requires TLS",
                "set LAKEHOUSE_TLS_CA to the certificate of the server's authority",
            )
        return status, self._trans_read_all(length) if length else b""
