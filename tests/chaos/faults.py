"""The faults of a round, and the time at which each is injected."""

from dataclasses import dataclass
from random import Random

from loaders.load import STEPS

KILL_LOADER, KILL_SERVER, CHANGE_FILES = "kill loader", "kill server", "change files"


@dataclass(frozen=True)
class Fault:
    """A fault is injected when `loader` reports `step` for the `nth` time.

    Without a step it is injected after so many `seconds`.
    """

    what: str
    loader: int = 0
    step: str = ""
    nth: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.step:
            return f"{self.what} at step {self.step} no. {self.nth} of loader {self.loader}"
        target = f" {self.loader}" if self.what == KILL_LOADER else ""
        return f"{self.what}{target} after {self.seconds:.1f} s"


def draw_faults(random: Random, kill_server: bool, change_files: bool) -> list[Fault]:
    """The faults of a round; `kill_server` allows KILL_SERVER, `change_files` adds CHANGE_FILES."""
    faults = [
        _scheduled(KILL_LOADER, loader, random)
        for loader, probability in enumerate((0.75, 0.3))
        if random.random() < probability
    ]
    if kill_server and random.random() < 0.4:
        faults.append(_scheduled(KILL_SERVER, random.randint(0, 1), random))
    if change_files:
        faults.append(_scheduled(CHANGE_FILES, random.randint(0, 1), random))
    return faults


def _scheduled(what: str, loader: int, random: Random) -> Fault:
    if random.random() < 0.6:
        return Fault(what, loader, random.choice(STEPS), random.choice([1, 1, 2, 3]))
    return Fault(what, loader, seconds=random.uniform(0.5, 6))
