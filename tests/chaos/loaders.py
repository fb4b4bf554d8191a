"""Two concurrent loader processes, and the injection of faults."""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from lakehouse.settings import Settings
from loaders.contract import Column, Contract, Rules
from loaders.load import STEPS
from loaders.report import DatasetReport
from loaders.run import load_all
from tests.chaos.datasets import SOURCE, Dataset
from tests.chaos.faults import KILL_LOADER, KILL_SERVER, Fault
from tests.servers import kill_server, restart_server, running_server

# A spawned process imports this module again, and shares no state with the parent.
SPAWN = multiprocessing.get_context("spawn")
# Maximum duration of two loaders, including restarts of the server, in seconds.
TIMEOUT = 600


def contract_of(dataset: Dataset) -> Contract:
    """The loader's contract of a dataset."""
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
        rules=Rules(mode=dataset.mode, max_reject_ratio=dataset.max_reject_ratio),
    )


class Loader:
    """A loader process; it writes its errors to `log`."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        datasets: Sequence[Dataset],
        faults: Sequence[Fault],
        log: Path,
    ):
        self.log = log
        log.unlink(missing_ok=True)
        # At a step where files change, the loader sets `paused` and waits for `resumed`.
        self.paused, self.resumed = SPAWN.Event(), SPAWN.Event()
        own_faults = [fault for fault in faults if fault.step and fault.loader == number]
        arguments = (settings, datasets, own_faults, log, self.paused, self.resumed)
        self.process = SPAWN.Process(target=_load, args=arguments)
        self.process.start()

    def errors(self) -> str:
        """The loader's errors; empty if it succeeded or was killed."""
        if self.process.exitcode == -signal.SIGKILL:
            return ""
        if not self.log.exists():
            return f"it ended with exit code {self.process.exitcode}"
        return self.log.read_text()


def _load(
    settings: Settings,
    datasets: Sequence[Dataset],
    faults: Sequence[Fault],
    log: Path,
    paused,
    resumed,
) -> None:
    """Load the datasets, and inject each fault at its step."""
    lock, counts = threading.Lock(), dict.fromkeys(STEPS, 0)

    def watch(report: DatasetReport, step: str) -> None:
        with lock:
            counts[step] = counts.get(step, 0) + 1
            for fault in faults:
                if (fault.step, fault.nth) == (step, counts[step]):
                    inject(fault)

    def inject(fault: Fault) -> None:
        if fault.what == KILL_LOADER:
            os.kill(os.getpid(), signal.SIGKILL)
        elif fault.what == KILL_SERVER:
            kill_server(settings)
        else:
            paused.set()
            resumed.wait(30)

    try:
        reports = load_all(settings, [contract_of(dataset) for dataset in datasets], watch=watch)
        log.write_text(
            "".join(f"{report.dataset}: {report.error}\n" for report in reports if report.error)
        )
    except BaseException:
        log.write_text(traceback.format_exc())


def run_loaders(
    settings: Settings,
    datasets: Sequence[Dataset],
    faults: Sequence[Fault],
    folder: Path,
    change_files: Callable[[], None],
) -> list[str]:
    """Run two loaders and inject the faults; returns the errors of loaders that were not killed.

    The files change once, at the latest after the loaders. At the end, the server runs.
    """
    change_files = cache(change_files)
    loaders = [Loader(n, settings, datasets, faults, folder / f"loader_{n}.txt") for n in (0, 1)]
    start = time.monotonic()
    timed = sorted((fault for fault in faults if not fault.step), key=lambda fault: fault.seconds)
    while any(loader.process.is_alive() for loader in loaders):
        elapsed = time.monotonic() - start
        if elapsed > TIMEOUT:
            for loader in loaders:
                loader.process.kill()
            return [f"the loaders did not end within {TIMEOUT} s"]
        if timed and elapsed > timed[0].seconds:
            _inject(timed.pop(0), settings, loaders, change_files)
        for loader in loaders:
            if loader.paused.is_set() and not loader.resumed.is_set():
                change_files()
                loader.resumed.set()
        if not running_server(settings):
            restart_server(settings)
        time.sleep(0.02)
    change_files()
    if not running_server(settings):
        restart_server(settings)
    return [
        f"loader {n}: {errors}" for n, loader in enumerate(loaders) if (errors := loader.errors())
    ]


def _inject(
    fault: Fault, settings: Settings, loaders: Sequence[Loader], change_files: Callable[[], None]
) -> None:
    if fault.what == KILL_LOADER:
        loaders[fault.loader].process.kill()
    elif fault.what == KILL_SERVER:
        kill_server(settings)
    else:
        change_files()
