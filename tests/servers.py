"""Servers of the tests: free ports, start and kill."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import psutil

from lakehouse.settings import Settings
from ops import server as spark

# Each lane of pytest-xdist has its own ports.
LANE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS_OF_A_LANE = 500


def free_port() -> int:
    """A free port outside the system's range for clients, so that a server can restart on it."""
    first = 11_200 + LANE * PORTS_OF_A_LANE
    for port in random.SystemRandom().sample(range(first, first + PORTS_OF_A_LANE), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no port is free from {first} on")


def start(settings: Settings, **variables: str) -> None:
    """Start the server, if possible without root's permission to write to read-only folders."""
    address = {"LAKEHOUSE_HOME": str(settings.home), "LAKEHOUSE_THRIFT_PORT": str(settings.port)}
    own = {**address, **variables}
    lakehouse = [sys.executable, "-c", "from ops.cli import main; main()"]
    command = [*unprivileged(), *lakehouse, "server", "start"]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def unprivileged() -> list[str]:
    """The command that drops CAP_DAC_OVERRIDE; empty if it is not needed or not possible."""
    drop = ["setpriv", "--bounding-set", "-dac_override"]
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        return []
    return drop if subprocess.run([*drop, "true"], capture_output=True).returncode == 0 else []


def kill_server(settings: Settings) -> None:
    """Send SIGKILL to the server, if it runs."""
    if process := running_server(settings):
        process.send_signal(signal.SIGKILL)


def restart_server(settings: Settings) -> None:
    """Start the server, once the killed one has released its port (up to 30 s)."""
    deadline = time.monotonic() + 30
    while spark.port_user(settings.host, settings.port) and time.monotonic() < deadline:
        time.sleep(0.1)
    spark.start(settings)


def running_server(settings: Settings):
    """The server's process, or a false value if it does not run."""
    recorded = spark.recorded(settings)
    return recorded and recorded.alive()


def process_of(settings: Settings) -> psutil.Process:
    """The process of the running server; fails if there is none."""
    process = running_server(settings)
    assert process, f"no server runs in {settings.home}"
    return process


def kill(settings: Settings) -> None:
    """End the server with SIGKILL and wait until its process is gone."""
    process = process_of(settings)
    process.send_signal(signal.SIGKILL)
    process.wait()
