import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lakehouse import thrift
from lakehouse.settings import Settings
from lakehouse.thrift import Session, SqlError, TimedOut, Unreachable, readable
from tests.conftest import free_port


def test_an_error_is_read_without_its_wrapping_and_its_plan():
    message = (
        "Error running query: [TABLE_OR_VIEW_NOT_FOUND] org.apache.spark.sql.AnalysisException: "
        "[TABLE_OR_VIEW_NOT_FOUND] The table `a`.`b` cannot be found. SQLSTATE: 42P01; line 1 pos 14;\n"
        "'Project [*]\n+- 'UnresolvedRelation [a, b], [], false\n"
    )
    assert readable(message) == (
        "[TABLE_OR_VIEW_NOT_FOUND] The table `a`.`b` cannot be found. SQLSTATE: 42P01; line 1 pos 14;"
    )


def test_an_error_is_read_without_its_stack_trace():
    assert (
        readable("Error running query: broken\n\tat org.apache.Spark(Spark.scala:1)\nCaused by: x")
        == "broken"
    )


def test_a_refused_statement_names_its_condition(session):
    with pytest.raises(SqlError) as caught:
        session.execute("select * from nowhere.nothing")
    assert caught.value.condition == "TABLE_OR_VIEW_NOT_FOUND"


def test_nobody_at_the_address_is_unreachable(tmp_path):
    with pytest.raises(Unreachable, match="no Spark Thrift server answers at 127.0.0.1"):
        Session(Settings(tmp_path, tmp_path, "127.0.0.1", free_port()))


def test_a_server_that_takes_the_connection_and_is_silent_is_unanswered(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Settings(tmp_path, tmp_path, *silent.getsockname(), statement_timeout=0.5)
        with pytest.raises(
            TimedOut, match=f"the server at {settings.address} did not answer within 0.5 s"
        ):
            Session(settings)


@pytest.mark.parametrize("fate", ["silence", "hang_up"])
def test_a_close_that_is_not_answered_discards_no_result_and_ends(server, relay, monkeypatch, fate):
    monkeypatch.setattr(thrift, "CLOSE_TIMEOUT", 0.5)
    with Session(replace(server, port=relay.port)) as session:
        rows = session.execute("select 1")
        getattr(relay, fate)()
        began = time.monotonic()
    assert rows == [(1,)] and time.monotonic() - began < 5


def test_a_server_that_does_not_forget_a_statement_is_unanswered_at_the_next(
    server, relay, monkeypatch
):
    monkeypatch.setattr(thrift, "PROMPT_TIMEOUT", 0.5)
    with Session(server) as warm:
        warm.execute("select 1")
    with Session(replace(server, port=relay.port)) as session:
        assert session.execute("select 1") == [(1,)]
        relay.silence()
        for _ in range(2):
            with pytest.raises(TimedOut, match="did not answer within 0.5 s"):
                session.execute("select 2")


def test_a_lost_connection_stays_lost(server, relay):
    with Session(replace(server, port=relay.port)) as session:
        relay.hang_up()
        for _ in range(2):
            with pytest.raises(
                Unreachable, match=f"the connection to 127.0.0.1:{relay.port} was lost"
            ):
                session.execute("select 1")


def test_the_server_has_the_functions_that_it_registers_at_a_close(session):
    # NoClassDefFoundError without the llap jars: https://issues.apache.org/jira/browse/SPARK-51041
    [(names,)] = session.execute(
        "select java_method('org.apache.hadoop.hive.ql.exec.FunctionRegistry', 'getFunctionNames')"
    )
    assert "get_splits" in names


def test_four_clients_that_close_at_once_are_all_answered(server):
    ends, over = time.monotonic() + 15, threading.Event()
    # All four hear of the end in the same round.
    together = threading.Barrier(
        4, lambda: over.set() if time.monotonic() > ends else None, timeout=60
    )

    def client(number: int) -> None:
        try:
            while not over.is_set():
                session = Session(server)
                session.execute("use default")
                together.wait()
                # A close goes wrong while another client makes the metastore's connection anew.
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
