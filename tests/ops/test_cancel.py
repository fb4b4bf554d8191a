"""Ctrl-C in `lakehouse sql`, and cancel and time-out of JDBC, stop the statement on the server."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from py4j.protocol import Py4JJavaError

from lakehouse.thrift import Session
from tests.jdbc import connect, rows

# Each row sets a property of the server's Java process, which shows how far the statement is. Short
# tasks: the statement that reads the property gets a core, and Spark stops between two of them.
ENDLESS = """select java_method('java.lang.System', 'setProperty', '{name}', string(id)) as previous
from range(0, 1000000000, 1, 10000)"""
# The first one runs in the call that executes it, the second one while its rows are fetched.
COUNTED = "select count(previous) from ({endless})"
FETCHED = "select previous from ({endless}) where previous = 'never'"
# With it, a statement ends before its rows are fetched.
COLLECTED = (
    "?spark.sql.thriftServer.incrementalCollect=false;hive.server2.long.polling.timeout=500ms"
)


def progress(session: Session, name: str) -> str:
    [(row,)] = session.execute(f"select java_method('java.lang.System', 'getProperty', '{name}')")
    return row


def wait_until_running(session: Session, name: str) -> None:
    deadline = time.monotonic() + 30
    while progress(session, name) == "null":
        assert time.monotonic() < deadline, "the statement did not start"


def has_stopped(session: Session, name: str) -> bool:
    """Whether the statement makes no progress for half a second, within five seconds."""
    for _ in range(10):
        before = progress(session, name)
        time.sleep(0.5)
        if progress(session, name) == before:
            return True
    return False


@pytest.mark.parametrize("statement", [COUNTED, FETCHED], ids=["counted", "fetched"])
def test_ctrl_c_stops_the_statement_on_the_server(session, statement, request):
    name = request.node.name
    command = [sys.executable, "-c", "from ops.cli import main; main()", "sql"]
    sql = statement.format(endless=ENDLESS.format(name=name))
    process = subprocess.Popen([*command, sql], stderr=subprocess.PIPE, text=True)
    wait_until_running(session, name)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, "cancelled\n")
    assert time.monotonic() - began < 2
    assert has_stopped(session, name)


@pytest.fixture
def jdbc_error(java, server, session, request) -> Callable[..., str]:
    """Runs an endless statement that is cancelled, or has `seconds`; returns the client's error.

    Fails unless the connection then answers, and the statement has stopped on the server.
    """
    name = request.node.name

    def error_of(options: str, statement: str, seconds: int = 0) -> str:
        connection = connect(java, server, options)
        running = connection.createStatement()
        running.setQueryTimeout(seconds)
        sql = statement.format(endless=ENDLESS.format(name=name))
        with ThreadPoolExecutor(1) as pool:
            end = pool.submit(running.executeQuery, sql)
            wait_until_running(session, name)
            if not seconds:
                running.cancel()
            with pytest.raises(Py4JJavaError) as caught:
                end.result(60)
        began = time.monotonic()
        answer = connection.createStatement().executeQuery("select 1 as one")
        assert rows(answer, "one") == [("1",)]
        assert time.monotonic() - began < 5
        connection.close()
        assert has_stopped(session, name)
        return caught.value.java_exception.getMessage()

    return error_of


@pytest.mark.parametrize(
    ("options", "statement"), [("", COUNTED), (COLLECTED, FETCHED)], ids=["counted", "fetched"]
)
def test_a_jdbc_connection_answers_after_a_cancel(jdbc_error, options, statement):
    assert jdbc_error(options, statement) == "Query was cancelled"


def test_a_jdbc_connection_answers_after_a_timeout(jdbc_error):
    assert jdbc_error(COLLECTED, FETCHED, seconds=1) == "Query timed out after 1 seconds"
