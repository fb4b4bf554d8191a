"""SQL over Thrift: a session, its results, and errors that a person can read."""

import getpass
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import thrift_sasl
from pyhive import hive
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TTransportException

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings

# The transport logs what it also raises.
logging.getLogger("thrift").setLevel(logging.CRITICAL)


class Unreachable(LakehouseError):
    """Nobody answers at the Thrift address, or the connection was lost."""


class TimedOut(LakehouseError):
    """The server took the connection and then said nothing for too long."""


class SqlError(LakehouseError):
    """Spark refused or failed a statement; `condition` is its error condition."""

    def __init__(self, message: str):
        super().__init__(message)
        found = re.search(r"\[([A-Z_0-9]+(?:\.[A-Z_0-9]+)*)\]", message)
        self.condition = found.group(1) if found else ""

    @property
    def not_found(self) -> bool:
        """Whether a table or its schema is not there."""
        return self.condition.startswith(("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND"))

    @property
    def sentence(self) -> str:
        """What Spark says, on one line."""
        return self.message.splitlines()[0] if self.message else ""


def readable(message: str) -> str:
    """Spark's error without wrapping, stack trace and query plan."""
    message = re.sub(r"^Error (running query|operating \w+): ", "", message)
    message = re.sub(r"^\[[\w.]+\] [\w.$]+:\s+(?=\[)", "", message)
    lines = []
    for line in message.splitlines():
        if re.match(r"\s+at |Caused by:|'?\+?-? ?'?[A-Z]\w+ \[|Driver stacktrace:", line):
            break
        if re.match(r"'[A-Z]\w+|[+:]- ", line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


# These say where it happened; their causes say what.
WRAPPINGS = ("[TASK_WRITE_FAILED]", "[FAILED_READ_FILE")


def root_cause(trace: list[str] | None) -> str:
    """The first cause in a Thrift error's trace, where Spark's own message is only a wrapping.

    A trace has a line `*<class>:<message>:<line>:<column>` for each exception,
    the outermost first. Spark names a condition in [BRACKETS] where it knows one.
    """
    messages = [
        re.sub(r"^\*[\w.$]+:", "", line).rsplit(":", 2)[0]
        for line in trace or ()
        if line.startswith("*")
    ]
    named = [message for message in messages if re.search(r"\[[A-Z_0-9.]+\] ", message)]
    wrapped = named[:1] == messages[:1] and any(
        name in message for name in WRAPPINGS for message in named[:1]
    )
    if not messages or (named[:1] == messages[:1] and not wrapped):
        return ""
    condition = [message for message in named if "[TASK_WRITE_FAILED]" not in message][-1:]
    if condition and not wrapped:
        return condition[0]
    return ": ".join(dict.fromkeys([*condition, messages[-1]]))


# What a server that is well answers at once: opening a session, forgetting a statement.
PROMPT_TIMEOUT = 60
# Closing a session gives nothing back, so nobody waits long for it.
CLOSE_TIMEOUT = 10


@dataclass(frozen=True)
class Result:
    """Column names and the rows, as an iterator that reads on as it is used."""

    columns: tuple[str, ...]
    rows: Iterator[tuple]


def plain_transport(
    host: str, port: int, user: str | None = None, password: str | None = None
) -> thrift_sasl.TSaslClientTransport:
    """A connection with name and password, not yet opened; without passwords the server still wants some."""
    client = partial(
        hive.get_installed_sasl,
        host,
        "PLAIN",
        username=user or getpass.getuser(),
        password=password or "none",
    )
    return thrift_sasl.TSaslClientTransport(client, "PLAIN", TSocket(host, port))


class Session:
    """A Thrift session; use it with `with`.

    Raises Unreachable when nobody answers or the server goes away, TimedOut
    when it stays silent for too long, SqlError when Spark refuses a statement.
    Closing raises nothing and takes at most CLOSE_TIMEOUT: the results are
    read by then. `transport` and `configuration` (settings of the session) are
    for logins other than this machine's user.
    """

    def __init__(
        self,
        settings: Settings,
        transport: thrift_sasl.TSaslClientTransport | None = None,
        configuration: Mapping[str, str] | None = None,
    ):
        self._address = settings.address
        self._timeout = settings.statement_timeout
        self._transport = transport or plain_transport(settings.host, settings.port)
        self._failure: LakehouseError | None = None
        self._connection = self._call(
            PROMPT_TIMEOUT,
            partial(
                hive.Connection,
                thrift_transport=self._transport,
                configuration=dict(configuration or {}),
            ),
            lost=f"no Spark Thrift server answers at {self._address}",
        )
        self._cursor = self._connection.cursor(arraysize=10_000)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call(CLOSE_TIMEOUT, self._connection.close)
        except Exception:
            logging.debug("closing the session at %s failed", self._address, exc_info=True)
        finally:
            self._transport.close()

    def _call(self, timeout: float, call: Callable[[], Any], lost: str = "") -> Any:
        """What the server answers to a call; `lost` is what to say when the connection is not there."""
        if self._failure:
            raise self._failure
        timeout = min(timeout, self._timeout)
        self._transport._trans.setTimeout(timeout * 1000)
        try:
            return call()
        except hive.OperationalError as error:
            status = getattr(error.args[0], "status", None)
            text = getattr(status, "errorMessage", None) or str(error)
            raise SqlError(
                readable(root_cause(getattr(status, "infoMessages", None)) or text)
            ) from None
        except (TTransportException, OSError, EOFError) as error:
            # An answer that comes late would be taken for that to the next call.
            self._transport.close()
            if getattr(error, "type", None) == TTransportException.TIMED_OUT:
                self._failure = TimedOut(
                    f"the server at {self._address} did not answer within {timeout:g} s",
                    "read its log; if the statement needs longer, set LAKEHOUSE_STATEMENT_TIMEOUT to more seconds",
                )
            else:
                self._failure = Unreachable(lost or f"the connection to {self._address} was lost")
            raise self._failure from error

    def query(self, statement: str) -> Result:
        """Run a statement; the rows arrive while they are read."""
        # Whether the server forgets the last statement without an error is no matter to this one.
        with suppress(SqlError):
            self._call(PROMPT_TIMEOUT, self._cursor.close)
        self._call(self._timeout, partial(self._cursor.execute, statement))
        described = self._call(self._timeout, lambda: self._cursor.description)
        return Result(tuple(name for name, *_ in described or ()), self._rows())

    def _rows(self) -> Iterator[tuple]:
        while batch := self._call(self._timeout, self._cursor.fetchmany):
            yield from batch

    def execute(self, statement: str) -> list[tuple]:
        """Run a statement and return all of its rows."""
        return list(self.query(statement).rows)
