"""SQL over Thrift: one session, its results, and errors that can be read."""

import getpass
import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import inf

import thrift_sasl
from pyhive import hive
from TCLIService.ttypes import TOperationState
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TTransportException

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings

# The transport logs what it also raises.
logging.getLogger("thrift").setLevel(logging.CRITICAL)


class Unreachable(LakehouseError):
    """Nobody answers at the Thrift address, or the connection was lost."""


class Unanswered(LakehouseError):
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


def innermost(trace: list[str] | None) -> str:
    """The first cause in a Thrift error's trace, where Spark's own message is only a wrapping.

    A trace has a line `*<class>:<message>:<line>:<column>` for each exception,
    the outermost first. Spark names a condition in [BRACKETS] where it knows one.
    """
    messages = [re.sub(r"^\*[\w.$]+:", "", line).rsplit(":", 2)[0] for line in trace or () if line.startswith("*")]
    named = [message for message in messages if re.search(r"\[[A-Z_0-9.]+\] ", message)]
    wrapped = named[:1] == messages[:1] and any(name in message for name in WRAPPINGS for message in named[:1])
    if not messages or (named[:1] == messages[:1] and not wrapped):
        return ""
    condition = [message for message in named if "[TASK_WRITE_FAILED]" not in message][-1:]
    if condition and not wrapped:
        return condition[0]
    return ": ".join(dict.fromkeys([*condition, messages[-1]]))


UNDER_WAY = (TOperationState.INITIALIZED_STATE, TOperationState.PENDING_STATE, TOperationState.RUNNING_STATE)
# A server that is well opens a session at once, whatever its statements take.
OPEN_TIMEOUT = 60


@dataclass(frozen=True)
class Result:
    """Column names and the rows, as an iterator that reads on as it is used."""

    columns: tuple[str, ...]
    rows: Iterator[tuple]


class Session:
    """A Thrift session; use it with `with`.

    Raises Unreachable when nobody answers or the server goes away, Unanswered
    when it stays silent beyond the statement timeout, SqlError when Spark
    refuses a statement.
    """

    # A connection that somebody else opened has their limit.
    _timeout = inf
    _silent: LakehouseError | None = None

    def __init__(self, settings: Settings):
        self._address = settings.address
        self._timeout = settings.statement_timeout
        socket = TSocket(settings.host, settings.port)
        # Without passwords the server still wants some.
        client = partial(hive.get_installed_sasl, settings.host, "PLAIN", username=getpass.getuser(), password="none")
        self._transport = thrift_sasl.TSaslClientTransport(client, "PLAIN", socket)
        limit = min(OPEN_TIMEOUT, self._timeout)
        socket.setTimeout(limit * 1000)
        try:
            self._connection = hive.Connection(thrift_transport=self._transport, username=getpass.getuser())
        except (TTransportException, OSError, EOFError) as error:
            raise self._lost(error, limit, f"no Spark Thrift server answers at {self._address}") from error
        socket.setTimeout(self._timeout * 1000)
        self._cursor = self._connection.cursor(arraysize=10_000)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        try:
            self._connection.close()
        except Exception:
            # The server may be gone; there is nothing left to close then.
            logging.debug("closing the session at %s failed", self._address, exc_info=True)

    def _lost(self, error: Exception, limit: float, otherwise: str) -> LakehouseError:
        """What to raise when the connection failed."""
        if getattr(error, "type", None) != TTransportException.TIMED_OUT:
            return Unreachable(otherwise)
        return self._unanswered(limit)

    def _unanswered(self, limit: float) -> LakehouseError:
        """What to raise when the server was silent for too long; the session is of no use after it."""
        # An answer that comes late would be taken for that to the next statement.
        self._transport.close()
        self._silent = Unanswered(
            f"the server at {self._address} did not answer within {limit:g} s",
            "read its log; if the statement needs longer, set LAKEHOUSE_STATEMENT_TIMEOUT to more seconds",
        )
        return self._silent

    def _guarded(self, call, *arguments):
        if self._silent:
            raise self._silent
        try:
            return call(*arguments)
        except hive.OperationalError as error:
            status = getattr(error.args[0], "status", None)
            text = getattr(status, "errorMessage", None) or str(error)
            raise SqlError(readable(innermost(getattr(status, "infoMessages", None)) or text)) from None
        except (TTransportException, OSError, EOFError) as error:
            raise self._lost(error, self._timeout, f"the connection to {self._address} was lost") from error

    def query(self, statement: str) -> Result:
        """Run a statement; the rows arrive while they are read."""
        self._guarded(self._cursor.execute, statement)
        columns = tuple(name for name, *_ in self._cursor.description or ())
        return Result(columns, self._rows())

    def _rows(self) -> Iterator[tuple]:
        while batch := self._guarded(self._cursor.fetchmany):
            yield from batch

    def execute(self, statement: str) -> list[tuple]:
        """Run a statement and return all of its rows."""
        return list(self.query(statement).rows)

    def start(self, statement: str) -> Callable[[], bool]:
        """Start a statement without rows that runs beside those that follow.

        What it returns waits for the end, and says whether the statement
        succeeded; why it did not, is told to who executes it.
        """
        cursor = self._connection.cursor()
        self._guarded(partial(cursor.execute, async_=True), statement)
        ends = time.monotonic() + self._timeout

        def succeeded() -> bool:
            while (state := self._guarded(cursor.poll, False).operationState) in UNDER_WAY:
                if time.monotonic() > ends:
                    raise self._unanswered(self._timeout)
            self._guarded(cursor.close)
            return state == TOperationState.FINISHED_STATE

        return succeeded
