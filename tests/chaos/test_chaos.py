"""A short chaos test with a fixed seed and its own server. `make chaos` runs longer ones."""

import pytest

from lakehouse.settings import Settings
from ops import server as spark
from tests.chaos.run import Chaos
from tests.servers import free_port

# This seed draws all three formats, killed loaders and changing files.
# test_faults kills the server.
ROUNDS, SEED = 1, 321


@pytest.mark.server
def test_every_row_is_loaded_once_when_loaders_are_killed(environment, tmp_path):
    settings = Settings(tmp_path / "home", str(tmp_path / "landing"), "127.0.0.1", free_port())
    try:
        # pytest shows the log of a failed test.
        Chaos(settings, SEED, log=print).run(ROUNDS)
    finally:
        spark.stop(settings)
