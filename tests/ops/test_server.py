"""Start, stop and failures of the server, mostly of a second one."""

import os
import signal
import socket
import subprocess
import sys
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
def second_server(tmp_path) -> Settings:
    """The settings of a second server, which is not started; it is stopped after the test."""
    settings = Settings(tmp_path / "home", str(tmp_path / "landing"), "127.0.0.1", free_port())
    yield settings
    spark.stop(settings)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", ""),
        ("10:00 INFO started", ""),
        (
            "10:00 ERROR Server: broken\n"
            "Exception in thread main: outer\n\tat a.b\n"
            "Caused by: java.net.Bind: in use",
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


# Excerpts of logs. A failed statement or task does not end the server; the other events do.
FAILED_STATEMENT = """\
2026-11-24 18:08:59 WARN ThriftCLIService: Error executing statement:
org.apache.hive.service.cli.HiveSQLException: Error running query: [TABLE_OR_VIEW_NOT_FOUND] a.
\tat org.apache.spark.sql.hive.thriftserver.HiveThriftServerErrors$.runningQueryError(Hive.scala:44)
Caused by: org.apache.spark.sql.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND] a.
\t... 41 more
"""
FAILED_TASK = (
    "10:00 WARN TaskSetManager: Lost task 1.0: java.lang.OutOfMemoryError: Java heap space\n"
)
OUT_OF_MEMORY = """\
2026-11-24 18:07:47 ERROR SparkUncaughtExceptionHandler: Uncaught exception in thread \
Thread[Executor task launch worker for task 1.0 in stage 1.0 (TID 2),5,main]
java.lang.OutOfMemoryError: Java heap space
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)
2026-11-24 18:07:54 WARN MetaStoreDirectSql: Database initialization failed; SQL is disabled
Caused by: ERROR 08000: Connection closed by unknown interrupt.
"""
METASTORE_IN_USE = """\
2026-11-24 18:01:00 WARN Hive: Failed to register all functions.
Exception in thread "main" java.lang.reflect.InvocationTargetException
\tat java.base/jdk.internal.reflect.Method.invoke(Method.java:77)
Caused by: ERROR XSDB6: Another instance of Derby may have already booted the database /metastore.
\t... 84 more
2026-11-24 18:01:01 WARN ShutdownHookManager: Failed to delete /tmp/spark-1
"""
JVM_CRASH = """\
#
# A fatal error has been detected by the Java Runtime Environment:
#
#  SIGSEGV (0xb) at pc=0x7f
"""
SIGTERM = "2026-11-24 18:09:06 ERROR HiveThriftServer2: RECEIVED SIGNAL TERM\n"
OUT_OF_METASPACE = "Terminating due to java.lang.OutOfMemoryError: Metaspace\n"


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", ""),
        (FAILED_STATEMENT, ""),
        (FAILED_TASK + FAILED_STATEMENT, ""),
        (FAILED_STATEMENT + OUT_OF_MEMORY, "java.lang.OutOfMemoryError: Java heap space"),
        (FAILED_STATEMENT + SIGTERM, "it received the signal TERM"),
        (
            METASTORE_IN_USE,
            "ERROR XSDB6: Another instance of Derby may have already booted the database "
            "/metastore.",
        ),
        (
            FAILED_STATEMENT + JVM_CRASH,
            "A fatal error has been detected by the Java Runtime Environment:",
        ),
        (OUT_OF_METASPACE, "java.lang.OutOfMemoryError: Metaspace"),
    ],
)
def test_only_a_fatal_error_is_the_reason_for_the_servers_end(log, reason):
    assert spark.exit_reason(log) == reason


def test_a_start_makes_a_new_or_existing_home_private(second_server, monkeypatch):
    # Without jars a start creates the home and fails.
    monkeypatch.setattr(jars, "JARS", second_server.home / "none")
    for mode in (None, 0o755):
        if mode:
            second_server.home.chmod(mode)
        with pytest.raises(LakehouseError, match="jars are missing"):
            spark.start(second_server)
        assert second_server.home.stat().st_mode & 0o777 == 0o700


def test_a_stop_makes_the_home_private(second_server):
    spark.stop(second_server)
    assert second_server.home.stat().st_mode & 0o777 == 0o700


def test_a_start_leaves_a_running_server(server):
    started, sentence = spark.start(server)
    assert (started, sentence) == (False, spark.status(server)[1])


def test_the_server_listens_on_localhost_only(server):
    process = spark.recorded(server).alive()
    listening = [c.laddr.ip for c in process.net_connections("inet") if c.status == "LISTEN"]
    assert listening and {ip.removeprefix("::ffff:") for ip in listening} == {"127.0.0.1"}


def test_the_error_for_a_port_in_use_names_the_process(second_server):
    with socket.socket() as other:
        other.bind((second_server.host, second_server.port))
        other.listen()
        with pytest.raises(
            LakehouseError, match=rf"port {second_server.port} is in use by .*pid {os.getpid()}"
        ):
            spark.start(second_server)


def test_a_server_on_a_remote_host_is_not_started(second_server):
    with pytest.raises(LakehouseError, match="only a server on this machine"):
        spark.start(replace(second_server, host="warehouse.example.com"))


def test_a_shared_metastore_needs_a_server_in_the_foreground(second_server, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_METASTORE", "postgresql://a@b/c")
    with pytest.raises(LakehouseError, match="LAKEHOUSE_METASTORE is set") as caught:
        spark.start(second_server)
    assert caught.value.remedy == "run: lakehouse server run"


def test_the_error_for_missing_jars_has_a_remedy(second_server, monkeypatch, tmp_path):
    monkeypatch.setattr(jars, "JARS", tmp_path)
    with pytest.raises(
        LakehouseError, match=f"{len(jars.expected())} of Spark's jars are missing"
    ) as caught:
        spark.start(second_server)
    assert caught.value.remedy == "run: make setup"


def test_a_failed_start_reports_the_reason(server, second_server):
    # Derby serves one process, so a second server on the same metastore fails.
    second_server.home.mkdir()
    (second_server.home / "metastore").symlink_to(server.home / "metastore")
    with pytest.raises(LakehouseError, match="exited during the start: .*Derby"):
        spark.start(second_server)
    assert spark.status(second_server) == (False, f"no server runs in {second_server.home}")


def test_a_stale_pid_is_not_taken_for_the_server(second_server):
    second_server.home.mkdir()
    (second_server.home / "server.json").write_text(
        f'{{"pid": {os.getpid()}, "created": 1.0, "port": 1}}'
    )
    running, sentence = spark.status(second_server)
    assert not running and "exited without being stopped" in sentence
    assert spark.stop(second_server)[0] is False


def test_a_killed_server_is_reported_and_can_be_restarted(mortal_server):
    sql = "create or replace table kept using delta as select 1 as a"
    assert lakehouse("sql", sql).exit_code == 0
    kill(mortal_server)

    status = lakehouse("server", "status")
    assert status.exit_code == 1
    exited = "exited without being stopped"
    assert f"{exited}: its log has no reason: it was killed, or the machine" in status.output
    query = lakehouse("sql", "select 1")
    assert query.exit_code == 1
    assert exited in query.output
    assert "lakehouse server start" in query.output

    start(mortal_server)
    assert "running on" in lakehouse("server", "start").output
    assert lakehouse("sql", "--csv", "select a from kept").output == "a\n1\n"
    assert lakehouse("sql", "drop table kept").exit_code == 0


def test_a_large_result_is_streamed(server):
    with Session(server) as session:
        rows = session.query(
            "select id, repeat('x', 500) as text from range(0, 20000000, 1, 8)"
        ).rows
        assert sum(1 for _ in islice(rows, 300_000)) == 300_000
    with Session(server) as session:
        assert session.execute("select 1") == [(1,)]


def test_a_short_statement_does_not_wait_for_a_long_one(server):
    slow = "select count(*) from range(0, 100000000000, 1, 10000) where sqrt(id) * sqrt(id + 1) < 0"
    command = [sys.executable, "-c", "from ops.cli import main; main()", "sql"]
    with subprocess.Popen([*command, slow]) as long_one:
        time.sleep(3)
        with Session(replace(server, statement_timeout=60)) as session:
            assert session.execute("select sum(id) from range(0, 1000, 1, 4)") == [(499500,)]
        assert long_one.poll() is None, "the long statement ended before the short one"
        long_one.send_signal(signal.SIGINT)  # Cancels the statement.
