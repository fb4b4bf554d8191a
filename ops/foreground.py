"""`lakehouse server run`: the server in the foreground, as the process of a container.

With a metastore in PostgreSQL it holds the writer's lease, and ends when it loses it.
"""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lakehouse.settings import Settings
from ops import server
from ops.doors import Doors
from ops.lease import RENEWAL, Lease, Lost
from ops.metastore import Metastore

PR_SET_PDEATHSIG = 1


def overlay(file: Path) -> list[str]:
    """Arguments of spark-submit for a file in the format of spark-defaults.conf."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    pairs = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [word for name, value in pairs for word in ("--conf", f"{name}={value}")]


def serve(settings: Settings, arguments: Sequence[str] = (), readers: bool = False) -> int:
    """Run the server until it ends, or a SIGTERM or SIGINT; returns its exit code.

    `arguments` are more of spark-submit's. `readers`: take no lease. Raises LakehouseError if the
    server may not start, and Lost after it was stopped for want of the lease.
    """
    metastore = Metastore.from_environment()
    lease = Lease(metastore) if metastore and not readers else None
    opened = Doors.from_environment()
    if lease:
        lease.take(lambda holder: _say(f"waiting for the end of the lease of: {holder}"))
    try:
        properties = metastore.properties() if metastore else {}
        line = server.command(settings, opened, arguments, properties)
        process = subprocess.Popen(
            line, cwd=settings.home, env=server.environment(), preexec_fn=_die_with_parent
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: process.terminate())
        return _guard(process, lease)
    finally:
        if lease:
            lease.release()


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--overlay",
    "overlay_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="More settings of Spark, in the format of spark-defaults.conf.",
)
@click.option("--readers", is_flag=True, help="Take no lease: for a server that only reads.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def run(
    settings: Settings, overlay_file: Path | None, readers: bool, arguments: tuple[str, ...]
) -> None:
    """Run the server in the foreground, for a container, with more ARGUMENTS of spark-submit.

    With LAKEHOUSE_METASTORE, only one server at a time runs without --readers.
    """
    more = [*(overlay(overlay_file) if overlay_file else []), *arguments]
    sys.exit(serve(settings, more, readers))


def _guard(process: subprocess.Popen, lease: Lease | None) -> int:
    """Wait for the end of the process; returns its exit code. Kills it if the lease is lost."""
    try:
        while True:
            try:
                return process.wait(RENEWAL if lease else None)
            except subprocess.TimeoutExpired:
                assert lease
                lease.renew()
    except Lost as lost:
        raise Lost(f"the server was stopped: {lost.message}", "start it again") from None
    finally:
        # Also after an error of ours: without the lease it must not write.
        process.kill()
        process.wait()


def _die_with_parent() -> None:
    """A server without this process would write without a lease."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
