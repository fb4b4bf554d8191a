"""SQL over Thrift: sessions, results and readable errors."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyhive import hive
from TCLIService import TCLIService
from TCLIService.ttypes import TCloseSessionReq, TOperationState
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TTransportException

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings, settings_of
from lakehouse.transport import Transport, transport


class Unreachable(LakehouseError):
    """No server answers at the Thrift address, or the connection was lost."""


class TimedOut(LakehouseError):
    """The server did not answer in time."""


class SqlError(LakehouseError):
    """A statement failed; `condition` is Spark's error condition, empty if there is none."""

    def __init__(self, message: str):
        super().__init__(message)
        found = re.search(r"\[([A-Z_0-9]+(?:\.[A-Z_0-9]+)*)\]", message)
        self.condition = found.group(1) if found else ""

    @property
    def not_found(self) -> bool:
        """Whether a table or schema does not exist."""
        return self.condition.startswith(("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND"))

    @property
    def conflict(self) -> bool:
        """Whether another session committed first."""
        return self.condition.startswith("DELTA_CONCURRENT")

    @property
    def sentence(self) -> str:
        """The first line of the message."""
        return self.message.splitlines()[0] if self.message else ""


@contextmanager
def suppress_not_found() -> Iterator[None]:
    """Ignore the error that a table or schema does not exist."""
    try:
        yield
    except SqlError as error:
        if not error.not_found:
            raise


def readable(message: str) -> str:
    """Spark's error message without prefixes, stack trace and query plan."""
    message = re.sub(r"^Error (running query|operating \w+): ", "", message)
    message = re.sub(r"^(\[[\w.]+\] )?[\w.$]+:\s+(?=\[)", "", message)
    lines = []
    for line in message.splitlines():
        if re.match(r"\s+at |Caused by:|'?\+?-? ?'?[A-Z]\w+ \[|Driver stacktrace:", line):
            break
        if re.match(r"'[A-Z]\w+|[+:]- ", line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


# These errors wrap the error that has the reason.
WRAPPINGS = ("[TASK_WRITE_FAILED]", "[FAILED_READ_FILE")


def messages_of_status(information: list[str] | None) -> list[str]:
    """Messages of the exceptions in a Thrift status, the outermost first.

    Its information has one line `*<class>:<message>:<line>:<column>` per exception.
    """
    return [
        re.sub(r"^\*[\w.$]+:", "", line).rsplit(":", 2)[0]
        for line in information or ()
        if line.startswith("*")
    ]


def messages_of_trace(trace: str) -> list[str]:
    """Messages of the exceptions in a stack trace of Java, the outermost first."""
    exceptions = re.split(r"^Caused by: ", trace, flags=re.MULTILINE)
    heads = [re.split(r"\n\s+(?:at |\.\.\. \d+ more)", text, maxsplit=1)[0] for text in exceptions]
    return [re.sub(r"^[\w.$]+(: |$)", "", head) for head in heads]


def root_cause(messages: list[str]) -> str:
    """The message that has the reason, of the messages of an error, the outermost first.

    Messages of Spark begin with an error condition in [BRACKETS].
    """
    named = [message for message in messages if re.search(r"\[[A-Z_0-9.]+\] ", message)]
    wrapped = named[:1] == messages[:1] and any(
        name in message for name in WRAPPINGS for message in named[:1]
    )
    if not messages or (named[:1] == messages[:1] and not wrapped):
        return "".join(messages[:1])
    condition = [message for message in named if "[TASK_WRITE_FAILED]" not in message][-1:]
    if condition and not wrapped:
        return condition[0]
    return ": ".join(dict.fromkeys([*condition, messages[-1]]))


def error_of(answer: Any) -> SqlError:
    """The error of a Thrift answer that reports one, of the call or its statement, or of a text."""
    status = getattr(answer, "status", None)
    if status and status.errorMessage:
        text = status.errorMessage
        messages = [text, *messages_of_status(status.infoMessages)[1:]]
    else:
        text = getattr(answer, "errorMessage", None) or str(answer)
        messages = messages_of_trace(text)
    # An exception without a message has at least its class.
    return SqlError(readable(root_cause(messages)) or text.partition("\n")[0])


# Seconds for calls that run no statement: opening a session, closing a statement.
PROMPT_TIMEOUT = 60
# Seconds for closing a session.
CLOSE_TIMEOUT = 10
# Seconds for an answer while a session is cancelled: a busy server may need more than one.
CANCEL_TIMEOUT = 5

ACTIVE = (
    TOperationState.INITIALIZED_STATE,
    TOperationState.PENDING_STATE,
    TOperationState.RUNNING_STATE,
)


@dataclass(frozen=True)
class Result:
    """Column names, and an iterator that fetches the rows in batches."""

    columns: tuple[str, ...]
    rows: Iterator[tuple]


class Session:
    """A Thrift session, used as a context manager.

    Raises Unreachable if no server answers or the connection is lost, Refused if the login or the
    certificate is refused, TimedOut if an answer takes too long, SqlError if a statement fails.
    Closing raises no error and takes at most
    CLOSE_TIMEOUT. `connect` makes transports for logins as another user, `configuration` has Spark
    settings of the session.
    """

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[], Transport] | None = None,
        configuration: Mapping[str, str] | None = None,
    ):
        self._address = settings.address
        self._timeout = settings.statement_timeout
        self._connect = connect or partial(transport, settings)
        self._transport = self._connect()
        self._failure: LakehouseError | None = None
        self._connection = self._call(
            PROMPT_TIMEOUT,
            partial(
                hive.Connection,
                thrift_transport=self._transport,
                username=self._transport.user,
                configuration=dict(configuration or {}),
            ),
            lost=f"no Spark Thrift server answers at {settings.server}",
        )
        self._cursor = self._connection.cursor(arraysize=10_000)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind and issubclass(kind, KeyboardInterrupt):
                self._cancel()
            else:
                self._call(CLOSE_TIMEOUT, self._connection.close)
        except Exception:
            logging.debug("closing the session at %s failed", self._address, exc_info=True)
        finally:
            self._transport.close()

    def _cancel(self) -> None:
        """Close the session, which stops its statement, over a second connection.

        The first one may wait for an answer, and the server reads nothing from it until then.
        """
        second = self._connect()
        second._trans.setTimeout(CANCEL_TIMEOUT * 1000)
        second.open()
        try:
            client = TCLIService.Client(TBinaryProtocol(second))
            client.CloseSession(TCloseSessionReq(self._connection.sessionHandle))
        finally:
            second.close()

    def _call(
        self, timeout: float, call: Callable[[], Any], lost: str = "", since: float | None = None
    ) -> Any:
        """Call the server; returns its answer. `lost` is the message of a failed connection.

        The timeout counts from the time `since`, by default from now.
        """
        if self._failure:
            raise self._failure
        timeout = min(timeout, self._timeout)
        spent = time.monotonic() - since if since else 0
        self._transport._trans.setTimeout(max(timeout - spent, 0.001) * 1000)
        try:
            return call()
        except hive.OperationalError as error:
            raise error_of(error.args[0]) from None
        except (TTransportException, OSError, EOFError) as error:
            # A late answer would be read as the answer to the next call.
            self._transport.close()
            if getattr(error, "type", None) == TTransportException.TIMED_OUT:
                self._failure = TimedOut(
                    f"the server at {self._address} did not answer within {timeout:g} s",
                    "read its log; if the statement needs more time, "
                    "increase LAKEHOUSE_STATEMENT_TIMEOUT",
                )
            else:
                self._failure = Unreachable(lost or f"the connection to {self._address} was lost")
            raise self._failure from error

    def query(self, statement: str) -> Result:
        """Run a statement; its rows are fetched when they are read.

        A KeyboardInterrupt stops it: the server gives the handle to stop a statement with only for
        one that runs asynchronously. The client polls for its end; the server answers a poll at
        the end of the statement, or after 5 s.
        """
        self._close_previous()
        began = time.monotonic()
        self._call(self._timeout, partial(self._cursor.execute, statement, async_=True))
        poll = partial(self._cursor.poll, get_progress_update=False)
        while (status := self._call(self._timeout, poll, since=began)).operationState in ACTIVE:
            pass
        if status.operationState != TOperationState.FINISHED_STATE:
            raise error_of(status)
        return self._result()

    def execute(self, statement: str) -> list[tuple]:
        """Run a statement within one call, without a poll, and return all of its rows.

        A KeyboardInterrupt does not stop it on the server.
        """
        self._close_previous()
        self._call(self._timeout, partial(self._cursor.execute, statement))
        return list(self._result().rows)

    def _close_previous(self) -> None:
        # An error in closing the previous statement does not concern the next one.
        with suppress(SqlError):
            self._call(PROMPT_TIMEOUT, self._cursor.close)

    def _result(self) -> Result:
        described = self._call(self._timeout, lambda: self._cursor.description)
        return Result(tuple(name for name, *_ in described or ()), self._rows())

    def _rows(self) -> Iterator[tuple]:
        while batch := self._call(self._timeout, self._cursor.fetchmany):
            yield from batch


def session_of(profile: Any) -> Session:
    """A session with the server, user and settings of a dbt profile for Spark over Thrift."""
    settings = settings_of(profile)
    connect = partial(transport, settings, profile.password)
    return Session(settings, connect, profile.server_side_parameters)
