"""`dbt build` of the project beside the loaders, on the same server."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.settings import PROJECT, Settings

# So long a build may take on a machine that does other things, in seconds.
PATIENCE = 600


def _environment(settings: Settings, place: Path) -> dict[str, str]:
    """The project's own landing folder, on the server of the chaos test."""
    return {
        **os.environ,
        "LAKEHOUSE_HOME": str(settings.home),
        "LAKEHOUSE_LANDING": str(PROJECT / "landing"),
        "LAKEHOUSE_THRIFT_HOST": settings.host,
        "LAKEHOUSE_THRIFT_PORT": str(settings.port),
        "LAKEHOUSE_SCHEMA_PREFIX": "",
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
    }


def load_sample(settings: Settings) -> None:
    """Load what the project builds from."""
    subprocess.run(
        ["lakehouse", "load"],
        cwd=PROJECT,
        env=_environment(settings, settings.home),
        check=True,
        capture_output=True,
    )


@contextmanager
def building(settings: Settings, place: Path, fail: Callable[[list[str]], None]) -> Iterator[None]:
    """`dbt build` runs meanwhile; calls `fail` with its last lines when it does not succeed."""
    with open(place / "build.txt", "w+") as told:
        build = subprocess.Popen(
            ["dbt", "build", "--exclude-resource-type", "unit_test"],
            cwd=PROJECT,
            env=_environment(settings, place),
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
            build.wait(PATIENCE)
        finally:
            build.kill()
            build.wait()
        if build.returncode:
            told.seek(0)
            fail(["dbt build beside the loaders:", *told.read().splitlines()[-30:]])
