"""`python -m tests.chaos ROUNDS SEED [--build]`: the long chaos test. `make chaos` runs it."""

import sys
import tempfile
import time
from pathlib import Path

from lakehouse.settings import Settings
from ops import server as spark
from tests.chaos.mishaps import port_for_restarts
from tests.chaos.run import Chaos, Failed, remove


def main(rounds: int, seed: int, build: bool) -> int:
    """Run so many rounds of a seed; 1 when something was wrong."""
    place = Path(tempfile.mkdtemp(prefix="chaos_"))
    settings = Settings(place / "home", str(place / "landing"), "127.0.0.1", port_for_restarts())
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} {line}", flush=True)

    try:
        Chaos(settings, seed, tell, build).run(rounds)
    except Failed as failed:
        print(f"FAILED after {time.monotonic() - began:.0f} s: {failed}")
        return 1
    finally:
        spark.stop(settings)
    print(
        f"{rounds} rounds of seed {seed} in {time.monotonic() - began:.0f} s: every row is where it should be"
    )
    remove(place)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), "--build" in sys.argv))
