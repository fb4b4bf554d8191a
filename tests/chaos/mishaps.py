"""Loaders in processes of their own, and what befalls them and the server."""

import multiprocessing
import os
import random
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lakehouse.settings import Settings
from loaders.contract import Column, Contract, Rules
from loaders.report import DatasetReport
from loaders.run import load_all
from ops import server as spark
from tests.chaos.datasets import SOURCE, Dataset

# A loader of its own process imports this module anew, and shares nothing with it.
SPAWN = multiprocessing.get_context("spawn")
STEPS = ("planned", "inserting", "staging", "committed", "closing", "closed")
# So long two loaders take at the most, a restart of the server included, in seconds.
PATIENCE = 600


def contract_of(dataset: Dataset) -> Contract:
    """The dataset as the loader knows it."""
    return Contract(
        source=SOURCE,
        table=dataset.name,
        schema="bronze",
        identifier=f"{SOURCE}_{dataset.name}",
        location=dataset.location,
        using=dataset.using,
        columns=tuple(
            Column(f.name, f.type, required=f.required, path=f.path) for f in dataset.fields
        ),
        options=dict(dataset.options),
        rules=Rules(mode=dataset.mode, max_reject_ratio=dataset.limit),
    )


@dataclass(frozen=True)
class Mishap:
    """What happens: a loader or the server is killed, or files change.

    `step` and `nth`: when a loader tells of that step for the nth time. Without
    a step: after so many `seconds`.
    """

    what: str
    loader: int = 0
    step: str = ""
    nth: int = 1
    seconds: float = 0.0

    def __str__(self) -> str:
        when = (
            f"at step {self.step} no. {self.nth} of loader {self.loader}"
            if self.step
            else f"at {self.seconds:.1f} s"
        )
        who = f" {self.loader}" if self.what == LOADER_DIES and not self.step else ""
        return f"{self.what}{who} {when}"


LOADER_DIES, SERVER_DIES, FILES_CHANGE = "kill of loader", "kill of the server", "files change"


def draw_mishaps(random: Random, server: bool, files: bool) -> list[Mishap]:
    """What befalls a round; `server`: the server may be killed, `files`: files do change."""
    drawn = [
        _when(LOADER_DIES, loader, random)
        for loader in (0, 1)
        if random.random() < (0.75, 0.3)[loader]
    ]
    if server and random.random() < 0.4:
        drawn.append(_when(SERVER_DIES, random.randint(0, 1), random))
    if files:
        drawn.append(_when(FILES_CHANGE, random.randint(0, 1), random))
    return drawn


def _when(what: str, loader: int, random: Random) -> Mishap:
    if random.random() < 0.6:
        return Mishap(what, loader, random.choice(STEPS), random.choice([1, 1, 2, 3]))
    return Mishap(what, loader, seconds=random.uniform(0.5, 6))


class Loader:
    """One loader in its own process; `told` is the file that it writes its errors to."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        datasets: Sequence[Dataset],
        mishaps: list[Mishap],
        told: Path,
    ):
        self.told = told
        told.unlink(missing_ok=True)
        # The loader stops at a step until what should happen there has happened.
        self.reached, self.go_on = SPAWN.Event(), SPAWN.Event()
        mine = [mishap for mishap in mishaps if mishap.step and mishap.loader == number]
        arguments = (settings, datasets, mine, told, self.reached, self.go_on)
        self.process = SPAWN.Process(target=_load, args=arguments)
        self.process.start()

    def errors(self) -> str:
        """What went wrong in its own words; empty for one that ended well, or was killed."""
        if self.process.exitcode == -signal.SIGKILL:
            return ""
        return (
            self.told.read_text()
            if self.told.exists()
            else f"it ended with exit code {self.process.exitcode}"
        )


def _load(
    settings: Settings,
    datasets: Sequence[Dataset],
    mishaps: list[Mishap],
    told: Path,
    reached,
    go_on,
) -> None:
    """Load, and let the mishaps of the steps happen."""
    lock, counts = threading.Lock(), dict.fromkeys(STEPS, 0)

    def watch(report: DatasetReport, step: str) -> None:
        with lock:
            counts[step] = counts.get(step, 0) + 1
            for mishap in mishaps:
                if (mishap.step, mishap.nth) == (step, counts[step]):
                    strike(mishap)

    def strike(mishap: Mishap) -> None:
        if mishap.what == LOADER_DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        elif mishap.what == SERVER_DIES:
            kill_server(settings)
        else:
            reached.set()
            go_on.wait(30)

    try:
        reports = load_all(settings, [contract_of(dataset) for dataset in datasets], watch=watch)
        told.write_text(
            "".join(f"{report.dataset}: {report.error}\n" for report in reports if report.error)
        )
    except BaseException:
        told.write_text(traceback.format_exc())


def port_for_restarts() -> int:
    """A free port that the system gives to no client: one of those would be lost while the server is away."""
    for port in random.sample(range(11_200, 12_200), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free from 11200 to 12199")


def kill_server(settings: Settings) -> None:
    """SIGKILL; does nothing when it is dead already."""
    process = running(settings)
    if process:
        process.send_signal(signal.SIGKILL)


def restart(settings: Settings) -> None:
    """Start the server; one that was killed may hold its port for a moment."""
    ends = time.monotonic() + 30
    while spark.port_user(settings.host, settings.port) and time.monotonic() < ends:
        time.sleep(0.1)
    spark.start(settings)


def running(settings: Settings):
    """The server's process, if it lives."""
    recorded = spark.recorded(settings)
    return recorded and recorded.alive()


def run_loaders(
    settings: Settings,
    datasets: Sequence[Dataset],
    mishaps: list[Mishap],
    place: Path,
    change: Callable[[], None],
) -> list[str]:
    """Two loaders at once, with mishaps; `change` changes files. Returns the loaders' errors; the server runs again."""
    loaders = [Loader(n, settings, datasets, mishaps, place / f"loader_{n}.txt") for n in (0, 1)]
    began, changed = time.monotonic(), not any(mishap.what == FILES_CHANGE for mishap in mishaps)
    timed = sorted(
        (mishap for mishap in mishaps if not mishap.step), key=lambda mishap: mishap.seconds
    )
    while any(loader.process.is_alive() for loader in loaders):
        if time.monotonic() - began > PATIENCE:
            for loader in loaders:
                loader.process.kill()
            return [f"the loaders did not end within {PATIENCE} s"]
        if timed and time.monotonic() - began > timed[0].seconds:
            mishap = timed.pop(0)
            if mishap.what == LOADER_DIES:
                loaders[mishap.loader].process.kill()
            elif mishap.what == SERVER_DIES:
                kill_server(settings)
            elif not changed:
                change()
                changed = True
        for loader in loaders:
            if loader.reached.is_set() and not loader.go_on.is_set():
                if not changed:
                    change()
                    changed = True
                loader.go_on.set()
        if not running(settings):
            restart(settings)
        time.sleep(0.02)
    if not changed:
        change()
    if not running(settings):
        restart(settings)
    return [
        f"loader {n}: {errors}" for n, loader in enumerate(loaders) if (errors := loader.errors())
    ]
