"""The server's life, mostly on a disposable second one."""

import os
import socket
import threading
import time
from dataclasses import replace
from itertools import islice

import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops import jars
from ops import server as spark
from tests.conftest import lakehouse
from tests.servers import free_port, kill, start


@pytest.fixture
def elsewhere(tmp_path) -> Settings:
    """A lakehouse of its own, not started."""
    settings = Settings(tmp_path / "home", str(tmp_path / "inserting"), "127.0.0.1", free_port())
    yield settings
    spark.stop(settings)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", ""),
        ("10:00 INFO all is well", ""),
        (
            "10:00 ERROR Server: broken\nException in thread main: outer\n\tat a.b\nCaused by: java.net.Bind: in use",
            "java.net.Bind: in use",
        ),
        ("10:00 ERROR Server: cannot start", "10:00 ERROR Server: cannot start"),
        (
            "java.lang.OutOfMemoryError: Java heap space",
            "java.lang.OutOfMemoryError: Java heap space",
        ),
    ],
)
def test_the_last_error_of_a_log_is_its_innermost_cause(log, reason):
    assert spark.last_error(log) == reason


SURVIVED = """2026-11-24 18:08:59 WARN ThriftCLIService: Error executing statement:
org.apache.hive.service.cli.HiveSQLException: Error running query: [TABLE_OR_VIEW_NOT_FOUND] The table is not there.
\tat org.apache.spark.sql.hive.thriftserver.HiveThriftServerErrors$.runningQueryError(HiveThriftServerErrors.scala:44)
Caused by: org.apache.spark.sql.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] The table is not there.
\t... 41 more
"""
OUT_OF_MEMORY = """2026-11-24 18:07:47 ERROR SparkUncaughtExceptionHandler: Uncaught exception in thread \
Thread[Executor task launch worker for task 1.0 in stage 1.0 (TID 2),5,main]
java.lang.OutOfMemoryError: Java heap space
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)
2026-11-24 18:07:54 WARN MetaStoreDirectSql: Database initialization failed; direct SQL is disabled
Caused by: ERROR 08000: Connection closed by unknown interrupt.
"""
DERBY = """2026-11-24 18:01:00 WARN Hive: Failed to register all functions.
Exception in thread "main" java.lang.reflect.InvocationTargetException
\tat java.base/jdk.internal.reflect.Method.invoke(Method.java:77)
Caused by: ERROR XSDB6: Another instance of Derby may have already booted the database /home/metastore.
\t... 84 more
2026-11-24 18:01:01 WARN ShutdownHookManager: Failed to delete /tmp/spark-1
"""
JAVA = "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x7f\n"


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("", ""),
        (SURVIVED, ""),
        (
            "10:00 WARN TaskSetManager: Lost task 1.0: java.lang.OutOfMemoryError: Java heap space\n"
            + SURVIVED,
            "",
        ),
        (SURVIVED + OUT_OF_MEMORY, "java.lang.OutOfMemoryError: Java heap space"),
        (
            SURVIVED + "2026-11-24 18:09:06 ERROR HiveThriftServer2: RECEIVED SIGNAL TERM\n",
            "it received the signal TERM",
        ),
        (
            DERBY,
            "ERROR XSDB6: Another instance of Derby may have already booted the database /home/metastore.",
        ),
        (SURVIVED + JAVA, "A fatal error has been detected by the Java Runtime Environment:"),
        (
            "Terminating due to java.lang.OutOfMemoryError: Metaspace\n",
            "java.lang.OutOfMemoryError: Metaspace",
        ),
    ],
)
def test_only_what_ended_a_server_is_told_as_the_reason_why_it_is_gone(log, why):
    assert spark.exit_reason(log) == why


def test_the_home_is_for_its_owner_only_also_an_older_one(elsewhere, monkeypatch):
    # Without jars a start ends before it has made anything but the home.
    monkeypatch.setattr(jars, "JARS", elsewhere.home / "none")
    for mode in (None, 0o755):
        if mode:
            elsewhere.home.chmod(mode)
        with pytest.raises(LakehouseError, match="jars are missing"):
            spark.start(elsewhere)
        assert elsewhere.home.stat().st_mode & 0o777 == 0o700


def test_a_home_made_by_a_stop_is_private_too(elsewhere):
    spark.stop(elsewhere)
    assert elsewhere.home.stat().st_mode & 0o777 == 0o700


def test_a_second_start_starts_nothing(server):
    started, sentence = spark.start(server)
    assert (started, sentence) == (False, spark.status(server)[1])


def test_the_server_listens_on_this_machine_only(server):
    process = spark.recorded(server).alive()
    listening = [c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"]
    assert listening and {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}


def test_a_port_in_use_is_refused_with_its_user(elsewhere):
    with socket.socket() as other:
        other.bind((elsewhere.host, elsewhere.port))
        other.listen()
        with pytest.raises(
            LakehouseError, match=rf"port {elsewhere.port} is in use by .*pid {os.getpid()}"
        ):
            spark.start(elsewhere)


def test_a_server_on_another_machine_is_not_started(elsewhere):
    with pytest.raises(LakehouseError, match="only a server on this machine"):
        spark.start(replace(elsewhere, host="warehouse.example.com"))


def test_missing_jars_are_named_with_the_remedy(elsewhere, monkeypatch, tmp_path):
    monkeypatch.setattr(jars, "JARS", tmp_path)
    with pytest.raises(
        LakehouseError, match=f"{len(jars.expected())} of Spark's jars are missing"
    ) as caught:
        spark.start(elsewhere)
    assert caught.value.remedy == "run: make setup"


def test_a_server_that_goes_down_while_starting_says_why(server, elsewhere):
    # Derby serves one process: a second server in the same metastore goes down.
    elsewhere.home.mkdir()
    (elsewhere.home / "metastore").symlink_to(server.home / "metastore")
    with pytest.raises(LakehouseError, match="exited during the start: .*Derby"):
        spark.start(elsewhere)
    assert spark.status(elsewhere) == (False, f"no server runs in {elsewhere.home}")


def test_a_stale_pid_is_not_mistaken_for_the_server(elsewhere):
    elsewhere.home.mkdir()
    (elsewhere.home / "server.json").write_text(
        f'{{"pid": {os.getpid()}, "created": 1.0, "port": 1}}'
    )
    running, sentence = spark.status(elsewhere)
    assert not running and "exited without being stopped" in sentence
    assert spark.stop(elsewhere)[0] is False


def test_a_killed_server_is_noticed_reported_and_started_again(mortal_server):
    sql = "create or replace table kept using delta as select 1 as a"
    assert lakehouse("sql", sql).exit_code == 0
    kill(mortal_server)

    status = lakehouse("server", "status")
    assert status.exit_code == 1
    gone = "exited without being stopped"
    assert f"{gone}: its log has no reason: it was killed, or the machine" in status.output
    query = lakehouse("sql", "select 1")
    assert query.exit_code == 1
    assert gone in query.output
    assert "lakehouse server start" in query.output

    start(mortal_server)
    assert "running on" in lakehouse("server", "start").output
    assert lakehouse("sql", "--csv", "select a from kept").output == "a\n1\n"
    assert lakehouse("sql", "drop table kept").exit_code == 0


def test_a_huge_result_does_not_take_the_server_down(server):
    with Session(server) as session:
        rows = session.query(
            "select id, repeat('x', 500) as text from range(0, 20000000, 1, 8)"
        ).rows
        assert sum(1 for _ in islice(rows, 300_000)) == 300_000
    with Session(server) as session:
        assert session.execute("select 1") == [(1,)]


def test_a_short_statement_does_not_wait_for_a_long_one(server):
    slow = "select count(*) from range(0, 1500000000, 1, 200) where sqrt(id) * sqrt(id + 1) < 0"
    ended = threading.Event()

    def run_slow():
        with Session(server) as session:
            session.execute(slow)
        ended.set()

    thread = threading.Thread(target=run_slow)
    thread.start()
    time.sleep(1)
    with Session(server) as session:
        assert session.execute("select sum(id) from range(0, 1000, 1, 4)") == [(499500,)]
    assert not ended.is_set(), "the long statement was over too soon to prove anything"
    thread.join()
