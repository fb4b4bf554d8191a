"""`dbt build` of the project on the same server, while the loaders run."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.settings import PROJECT, Settings

# Maximum duration of a build on a busy machine, in seconds.
TIMEOUT = 600


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    """The project's own landing folder, and the server of the chaos test."""
    return {
        **os.environ,
        "LAKEHOUSE_HOME": str(settings.home),
        "LAKEHOUSE_LANDING": str(PROJECT / "landing"),
        "LAKEHOUSE_THRIFT_HOST": settings.host,
        "LAKEHOUSE_THRIFT_PORT": str(settings.port),
        "LAKEHOUSE_SCHEMA_PREFIX": "",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
    }


def load_sample(settings: Settings) -> None:
    """Load the project's landing folder, which the build reads; a sample there has rejects."""
    done = subprocess.run(
        ["lakehouse", "load"],
        cwd=PROJECT,
        env=_environment(settings, settings.home),
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr


@contextmanager
def concurrent_build(
    settings: Settings, folder: Path, fail: Callable[[list[str]], None]
) -> Iterator[None]:
    """Run `dbt build` during the block; call `fail` with its last lines if it fails."""
    with open(folder / "build.txt", "w+") as log:
        build = subprocess.Popen(
            ["dbt", "build", "--exclude-resource-type", "unit_test"],
            cwd=PROJECT,
            env=_environment(settings, folder),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
            build.wait(TIMEOUT)
        finally:
            build.kill()
            build.wait()
        if build.returncode:
            log.seek(0)
            fail(["the concurrent dbt build failed:", *log.read().splitlines()[-30:]])
