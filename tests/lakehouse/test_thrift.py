import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lakehouse import thrift
from lakehouse.settings import Settings
from lakehouse.thrift import (
    Session,
    SqlError,
    TimedOut,
    Unreachable,
    error_of,
    messages_of_trace,
    readable,
)
from lakehouse.transport import Refused
from ops.certificates import issue
from tests.servers import free_port


def test_a_readable_error_has_no_exception_class_and_no_plan():
    message = (
        "Error running query: [TABLE_OR_VIEW_NOT_FOUND] org.apache.spark.sql.AnalysisException: "
        "[TABLE_OR_VIEW_NOT_FOUND] The table `a` cannot be found. SQLSTATE: 42P01; line 1 pos 14;\n"
        "'Project [*]\n+- 'UnresolvedRelation [a], [], false\n"
    )
    assert readable(message) == (
        "[TABLE_OR_VIEW_NOT_FOUND] The table `a` cannot be found. SQLSTATE: 42P01; line 1 pos 14;"
    )


def test_a_readable_error_has_no_stack_trace():
    message = "Error running query: broken\n\tat org.apache.Spark(Spark.scala:1)\nCaused by: x"
    assert readable(message) == "broken"


def test_a_readable_error_has_no_class_before_the_condition():
    assert readable("org.apache.spark.SparkRuntimeException: [RAISED] no") == "[RAISED] no"


def test_a_stack_trace_has_the_messages_of_its_exceptions():
    trace = (
        "org.apache.hive.service.cli.HiveSQLException: Error running query: a: [B] c\n"
        "in two lines\n\tat org.apache.Spark(Spark.scala:1)\n"
        "Caused by: org.apache.spark.SparkException: d\n\tat e(f)\n\t... 12 more\n"
        "Caused by: java.lang.NullPointerException\n\t... 15 more\n"
    )
    assert messages_of_trace(trace) == ["Error running query: a: [B] c\nin two lines", "d", ""]


@pytest.mark.parametrize("run", ["query", "execute"])
def test_the_error_of_a_statement_has_its_condition(session, run):
    with pytest.raises(
        SqlError, match="^\\[TABLE_OR_VIEW_NOT_FOUND\\] The table .*nothing"
    ) as caught:
        getattr(session, run)("select * from nowhere.nothing")
    assert caught.value.condition == "TABLE_OR_VIEW_NOT_FOUND"


@pytest.mark.parametrize("run", ["query", "execute"])
def test_the_error_of_a_task_is_that_of_its_row(session, run):
    failing = "select sum(assert_true(id < 0)) from range(9) group by id % 3"
    with pytest.raises(SqlError, match="^\\[USER_RAISED_EXCEPTION\\] '\\(id < 0\\)' is not true!"):
        getattr(session, run)(failing)


def test_an_address_without_a_server_is_unreachable(tmp_path):
    with pytest.raises(Unreachable, match="no Spark Thrift server answers at 127.0.0.1"):
        Session(Settings(tmp_path, tmp_path, "127.0.0.1", free_port()))


def test_a_server_without_tls_is_no_server_for_a_client_with_tls(server, tmp_path):
    issue(tmp_path, ("localhost",))
    with pytest.raises(Unreachable, match=f"answers at {server.address} with TLS$"):
        Session(replace(server, tls_ca=tmp_path / "ca.pem"))


def test_a_server_with_another_protocol_is_refused(tmp_path):
    issue(tmp_path, ("localhost",))
    with socket.create_server(("127.0.0.1", 0)) as other:
        answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        threading.Thread(target=lambda: other.accept()[0].sendall(answer)).start()
        settings = Settings(tmp_path, "", *other.getsockname(), tls_ca=tmp_path / "ca.pem")
        with pytest.raises(Refused, match=f"the server at {settings.address} does not speak TLS"):
            Session(settings)


def test_a_connection_that_is_lost_before_tls_is_unreachable(tmp_path):
    issue(tmp_path, ("localhost",))
    with socket.create_server(("127.0.0.1", 0)) as closing:
        threading.Thread(target=lambda: closing.accept()[0].close()).start()
        settings = Settings(tmp_path, "", *closing.getsockname(), tls_ca=tmp_path / "ca.pem")
        with pytest.raises(Unreachable):
            Session(settings)


def test_a_session_with_a_silent_server_times_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Settings(tmp_path, tmp_path, *silent.getsockname(), statement_timeout=0.5)
        with pytest.raises(
            TimedOut, match=f"the server at {settings.address} did not answer within 0.5 s"
        ):
            Session(settings)


@pytest.mark.parametrize("fault", ["silence", "hang_up"])
def test_an_unanswered_close_keeps_the_result_and_returns(server, relay, monkeypatch, fault):
    monkeypatch.setattr(thrift, "CLOSE_TIMEOUT", 0.5)
    with Session(replace(server, port=relay.port)) as session:
        rows = session.execute("select 1")
        getattr(relay, fault)()
        start = time.monotonic()
    assert rows == [(1,)] and time.monotonic() - start < 5


def test_every_statement_after_a_timeout_times_out(server, relay, monkeypatch):
    monkeypatch.setattr(thrift, "PROMPT_TIMEOUT", 0.5)
    with Session(server) as warm:
        warm.execute("select 1")
    with Session(replace(server, port=relay.port)) as session:
        assert session.execute("select 1") == [(1,)]
        relay.silence()
        for _ in range(2):
            with pytest.raises(TimedOut, match="did not answer within 0.5 s"):
                session.execute("select 2")


def test_every_statement_after_a_lost_connection_fails(server, relay):
    with Session(replace(server, port=relay.port)) as session:
        relay.hang_up()
        for _ in range(2):
            with pytest.raises(
                Unreachable, match=f"the connection to 127.0.0.1:{relay.port} was lost"
            ):
                session.execute("select 1")


def test_a_session_fails_after_a_statement_that_takes_too_long(server):
    with Session(replace(server, statement_timeout=2)) as session:
        began = time.monotonic()
        with pytest.raises(TimedOut, match="did not answer within 2 s"):
            session.execute("select java_method('java.lang.Thread', 'sleep', 20000L)")
        # A late answer is never taken for that to another statement.
        with pytest.raises(TimedOut):
            session.execute("select 1")
    assert time.monotonic() - began < 9


def test_the_server_has_the_functions_that_a_close_registers(session):
    # NoClassDefFoundError without the llap jars: https://issues.apache.org/jira/browse/SPARK-51041
    [(names,)] = session.execute(
        "select java_method('org.apache.hadoop.hive.ql.exec.FunctionRegistry', 'getFunctionNames')"
    )
    assert "get_splits" in names


def test_concurrent_closes_are_all_answered(server):
    deadline, over = time.monotonic() + 15, threading.Event()
    # The barrier's action runs once a round, so all four clients stop after the same round.
    together = threading.Barrier(
        4, lambda: over.set() if time.monotonic() > deadline else None, timeout=60
    )

    def client(number: int) -> None:
        try:
            while not over.is_set():
                session = Session(server)
                session.execute("use default")
                together.wait()
                # A close can fail while another client reconnects to the metastore.
                if number == 0:
                    session.execute("use default")
                else:
                    time.sleep(random.random() * 0.004)
                session._call(20, session._connection.close)
        except BaseException:
            together.abort()
            raise

    with ThreadPoolExecutor(4) as pool:
        failures = [
            done.exception() for done in [pool.submit(client, number) for number in range(4)]
        ]
    assert failures == [None] * 4


def test_an_exception_without_a_message_is_named_by_its_class():
    trace = "java.lang.NullPointerException\n\tat org.apache.spark.X(X.scala:1)"
    assert error_of(trace).message == "java.lang.NullPointerException"
