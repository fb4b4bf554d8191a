"""The load of several datasets in parallel, with retries when the server goes away."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session, SqlError, Unreachable
from loaders.context import Context
from loaders.contract import Contract
from loaders.listing import VARIABLES, Landing
from loaders.load import load
from loaders.plan import Reread, reread_none
from loaders.report import DatasetReport

# Seconds between the attempts to reach a server that went away.
PAUSES = (1, 2, 5, 10, 15, 30, 30)

# Called at each step with the dataset's report and the name of the step.
Watch = Callable[[DatasetReport, str], None]


def load_all(
    settings: Settings,
    wanted: Sequence[Contract],
    reread: Reread = reread_none,
    jobs: int = 4,
    watch: Watch = lambda report, step: None,
) -> list[DatasetReport]:
    """Load datasets, `jobs` of them in parallel; returns their reports in the given order.

    If the load of a dataset fails, its report has the `error`; other datasets are not affected.
    Raises Unreachable if no server runs at the start.
    """
    with Session(settings):
        pass
    run = Run(settings, Landing(settings.landing), reread, watch)
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(run.report, wanted))


@dataclass(frozen=True)
class Run:
    """Common arguments of the loads of one run; `pauses` in seconds, between retries."""

    settings: Settings
    landing: Landing
    reread: Reread = reread_none
    watch: Watch = lambda report, step: None
    pauses: Sequence[float] = PAUSES

    def report(self, contract: Contract) -> DatasetReport:
        """Load one dataset; returns its report, also if the load failed."""
        report = DatasetReport.of(contract)
        try:
            self.load(contract, report)
        except LakehouseError as error:
            # An error of the object store's client has no error condition of Spark.
            if not self.landing.local and isinstance(error, SqlError) and not error.condition:
                error.remedy = (
                    f"start the server with the same {', '.join(VARIABLES)} as the loader"
                )
            report.error = f"{error.message}{f'; try: {error.remedy}' if error.remedy else ''}"
        except Exception as error:
            # A bug in the loader must not hide the reports of the other datasets.
            logging.getLogger(__name__).debug(
                "the load of %s failed", contract.dataset, exc_info=True
            )
            report.error = f"{type(error).__name__}: {error}; try: report it to us, with the files"
        self.watch(report, "done")
        return report

    def load(self, contract: Contract, report: DatasetReport) -> None:
        """Load one dataset; after a lost connection, wait for the server and load again.

        Raises Unreachable after all pauses without progress.
        """
        done, pauses = -1, iter(self.pauses)
        while True:
            try:
                with Session(self.settings) as session:
                    context = Context(session, self.landing, contract)
                    load(context, self.reread, lambda step: self.watch(report, step), report)
                return
            except Unreachable as error:
                # Only progress resets the pauses: a load that crashes the server must end.
                if report.files_done > done:
                    done, pauses = report.files_done, iter(self.pauses)
                pause = next(pauses, None)
                if pause is None:
                    raise
                report.notes.append(f"{error.message}: tried again after {pause} s")
                self.watch(report, f"waiting {pause} s for the server")
                time.sleep(pause)
