"""The local server, which is the Spark Thrift server of the installed pyspark.

State in LAKEHOUSE_HOME: `metastore/` (Derby), `warehouse/` (tables), `logs/` and `server.json`
(the process). Configuration in spark/.
"""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from lakehouse.errors import LakehouseError
from lakehouse.settings import SPARK_CONF, Settings, is_loopback
from lakehouse.thrift import Session, Unreachable
from lakehouse.transport import Refused
from ops import classes, doors, jars, java
from ops.doors import Doors


@dataclass(frozen=True)
class Process:
    """A started server; `created` distinguishes it from a later process with the same pid."""

    pid: int
    created: float
    port: int

    def alive(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def log_file(settings: Settings) -> Path:
    return settings.home / "logs" / "server.log"


def _record(settings: Settings) -> Path:
    return settings.home / "server.json"


def recorded(settings: Settings) -> Process | None:
    """The server that was started last and not stopped; it may be dead."""
    try:
        return Process(**json.loads(_record(settings).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def last_error(log: str) -> str:
    """Root cause of the last error in a log; empty if there is none."""
    lines = [line.strip() for line in log.splitlines()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    errors = [
        line for line in lines if re.search(r"^Exception in|\bERROR\b|\w(Error|Exception): ", line)
    ]
    # The root cause is more specific than the exception that wraps it.
    found = causes[-1:] or errors[-1:]
    return found[0].removeprefix("Caused by: ")[:300] if found else ""


# Log lines of a server that exits without `stop`. It survives all other errors.
EXIT_LINES = re.compile(
    r"""RECEIVED[ ]SIGNAL[ ](?P<signal>\w+)
    | (SparkUncaughtExceptionHandler:[ ].*|^Exception[ ]in[ ]thread[ ]"main"[ ])
      (?P<thrown>(?:.*\n(?!\d{4}-\d\d-\d\d))*)
    | ^\#[ ](?P<java>A[ ]fatal[ ]error|There[ ]is[ ]insufficient[ ]memory).*
    | ^Terminating[ ]due[ ]to[ ](?P<memory>java\.lang\.OutOfMemoryError.*)""",
    re.MULTILINE | re.VERBOSE,
)


def exit_reason(log: str) -> str:
    """Why a server exited, from its log; empty if the log has no reason, as after SIGKILL."""
    found = EXIT_LINES.search(log)
    if not found:
        return ""
    if found["signal"]:
        return f"it received the signal {found['signal']}"
    return last_error(found["thrown"] or "") or found["memory"] or found[0].lstrip("# ")


def status(settings: Settings) -> tuple[bool, str]:
    """Whether the server of this LAKEHOUSE_HOME runs, and a message."""
    process = recorded(settings)
    if process is None:
        return False, f"no server runs in {settings.home}"
    if process.alive():
        return True, f"running on {settings.host}:{process.port} (pid {process.pid})"
    why = (
        exit_reason(log_file(settings).read_text(errors="replace"))
        if log_file(settings).exists()
        else ""
    )
    return False, (
        f"the server (pid {process.pid}) exited without being stopped: "
        + (why or "its log has no reason: it was killed, or the machine restarted")
    )


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Serialize concurrent starts and stops."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(settings.home / "server.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def port_user(host: str, port: int) -> str:
    """The program that listens on a port; empty if the port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            return ""
        except OSError:
            pass
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listening and listening.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another program"


def command(
    settings: Settings,
    opened: Doors,
    arguments: Sequence[str] = (),
    properties: Mapping[str, str] | None = None,
) -> list[str]:
    """Command line that runs the server in the foreground; writes its settings.

    `arguments` are more of spark-submit's, `properties` more of Hive's. Raises LakehouseError if
    jars or Java are missing, or a file of the doors is invalid.
    """
    java.find()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    classpath = os.pathsep.join(
        [
            str(doors.write(opened, settings.home, properties)),
            str(classes.compiled(settings.home)),
            f"{jars.require()}/*",
        ]
    )
    # The UI shows statements to everybody who reaches its port.
    ui = [] if is_loopback(opened.bind) else ["--conf", "spark.ui.enabled=false"]
    return [
        str(jars.pyspark() / "bin" / "spark-submit"),
        *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
        *("--conf", f"spark.driver.extraClassPath={classpath}"),
        *("--conf", "spark.extraListeners=lakehouse.ClosedStatements"),
        *ui,
        *arguments,
        "spark-internal",
        *("--hiveconf", f"hive.server2.thrift.port={settings.port}"),
    ]


def environment() -> dict[str, str]:
    """The environment of the server's process."""
    return {
        **os.environ,
        "SPARK_HOME": str(jars.pyspark()),
        "SPARK_CONF_DIR": str(SPARK_CONF),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def start(
    settings: Settings, timeout: float = 180, waiting: Callable[[float], None] = lambda s: None
) -> tuple[bool, str]:
    """Start the server, and wait until it answers SQL.

    Returns whether it was started (False: it was running) and a message. Raises LakehouseError if
    it does not start; `timeout` in seconds.
    """
    with _only_one(settings):
        running, sentence = status(settings)
        if running:
            return False, sentence
        if os.environ.get("LAKEHOUSE_METASTORE"):
            raise LakehouseError(
                "LAKEHOUSE_METASTORE is set, but `server start` uses the one in LAKEHOUSE_HOME",
                "run: lakehouse server run",
            )
        opened = Doors.from_environment()
        if is_loopback(opened.bind) and not is_loopback(settings.host):
            raise LakehouseError(
                f"LAKEHOUSE_THRIFT_HOST is {settings.host}: "
                "only a server on this machine can be started",
                "unset it, or start the server on that host, with LAKEHOUSE_BIND",
            )
        # The home has data. Homes of earlier versions were readable for others.
        settings.home.chmod(0o700)
        line = command(settings, opened)
        if user := port_user(opened.bind, settings.port):
            raise LakehouseError(
                f"port {settings.port} is in use by {user}",
                "stop that program, or set LAKEHOUSE_THRIFT_PORT to a free port",
            )
        process = _spawn(settings, line)
        try:
            seconds = _wait(settings, process, timeout, waiting)
        except BaseException:
            process.kill()
            process.wait()
            _record(settings).unlink(missing_ok=True)
            raise
        return True, f"started on {settings.address} (pid {process.pid}) in {seconds:.0f} s"


def _spawn(settings: Settings, line: list[str]) -> subprocess.Popen:
    log = log_file(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name("server.previous.log"))
    with open(log, "w") as output:
        process = subprocess.Popen(
            line,
            cwd=settings.home,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    who = Process(process.pid, psutil.Process(process.pid).create_time(), settings.port)
    _record(settings).write_text(json.dumps(asdict(who)))
    return process


def _wait(settings, process, timeout, waiting) -> float:
    """Wait until the server answers a statement; returns the seconds."""
    began = time.monotonic()
    settings = replace(settings, statement_timeout=timeout)
    while (seconds := time.monotonic() - began) < timeout:
        if process.poll() is not None:
            why = last_error(log_file(settings).read_text(errors="replace"))
            raise LakehouseError(
                f"the server exited during the start: {why or f'exit code {process.returncode}'}",
                f"read {log_file(settings)}",
            )
        try:
            with Session(settings) as session:
                session.execute("select 1")
            return time.monotonic() - began
        except Refused:
            # The server answers; who may log in is for the clients to say.
            return time.monotonic() - began
        except Unreachable:
            waiting(seconds)
            time.sleep(0.3)
    raise LakehouseError(
        f"the server did not answer within {timeout:.0f} s and was stopped",
        f"read {log_file(settings)}",
    )


def stop(settings: Settings, timeout: float = 30) -> tuple[bool, str]:
    """Stop the server, or kill it after `timeout` seconds; returns False if none was running."""
    with _only_one(settings):
        who = recorded(settings)
        process = who.alive() if who else None
        _record(settings).unlink(missing_ok=True)
        if not who or not process:
            return False, f"no server runs in {settings.home}"
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout)
            return True, f"stopped (pid {who.pid})"
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()
            return True, f"killed after {timeout:.0f} s (pid {who.pid})"
