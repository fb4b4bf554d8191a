"""A short chaos test of a fixed seed, on a disposable server. `make chaos` runs longer ones."""

from lakehouse.settings import Settings
from ops import server as spark
from tests.chaos.mishaps import port_for_restarts
from tests.chaos.run import Chaos

# A seed with all three formats, killed loaders and files that change; the server is killed in test_faults.
ROUNDS, SEED = 1, 321


def test_every_row_is_in_bronze_once_whatever_is_killed(environment, tmp_path):
    settings = Settings(
        tmp_path / "home", str(tmp_path / "landing"), "127.0.0.1", port_for_restarts()
    )
    try:
        # What happened is shown when it fails.
        Chaos(settings, SEED, tell=print).run(ROUNDS)
    finally:
        spark.stop(settings)
