"""A short chaos test with a fixed seed. `make chaos` runs longer ones on a server of their own."""

from dataclasses import replace

from tests.chaos.run import Chaos

# This seed draws all three formats, a loader killed between commit and close, and changing files.
ROUNDS, SEED = 1, 7


def test_every_row_is_loaded_once_when_loaders_are_killed(server, tmp_path):
    # In `make test` this is the first load of its server: two loaders create the lakehouse.
    settings = replace(server, landing=str(tmp_path / "landing"))
    # pytest shows the log of a failed test.
    Chaos(settings, SEED, log=print).run(ROUNDS)
