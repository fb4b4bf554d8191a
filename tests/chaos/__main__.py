"""`python -m tests.chaos ROUNDS SEED [--build]`: a long chaos test. `make chaos` runs it."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from lakehouse.settings import Settings
from ops import server as spark
from tests.chaos.run import Chaos, Failed
from tests.servers import free_port


def main(rounds: int, seed: int, build: bool) -> int:
    """Run the rounds of a seed; returns the exit code, 1 for a failure.

    After a failure, the files and tables stay.
    """
    folder = Path(tempfile.mkdtemp(prefix="chaos_"))
    settings = Settings(folder / "home", str(folder / "landing"), "127.0.0.1", free_port())
    start = time.monotonic()

    def log(line: str) -> None:
        print(f"{time.monotonic() - start:6.1f} {line}", flush=True)

    try:
        Chaos(settings, seed, log, build).run(rounds)
    except Failed as failure:
        print(f"FAILED after {time.monotonic() - start:.0f} s: {failure}")
        return 1
    finally:
        spark.stop(settings)
    print(
        f"{rounds} rounds of seed {seed} in {time.monotonic() - start:.0f} s: "
        "the tables are as expected"
    )
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), "--build" in sys.argv))
