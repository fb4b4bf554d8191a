"""Loading many datasets side by side, through trouble with the server."""

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
from loaders.plan import Again, never
from loaders.report import DatasetReport

# How long a load waits for a server that went away, in seconds between attempts.
PAUSES = (1, 2, 5, 10, 15, 30, 30)

# Told of each step: the dataset's report so far, and the step's name.
Watch = Callable[[DatasetReport, str], None]


def load_all(
    settings: Settings,
    wanted: Sequence[Contract],
    again: Again = never,
    jobs: int = 4,
    watch: Watch = lambda report, step: None,
) -> list[DatasetReport]:
    """Load datasets, `jobs` of them at a time; returns their reports in order.

    One that fails has the reason in its report's `error`; the others go on.
    Raises Unreachable when there is no server to begin with.
    """
    with Session(settings):
        pass
    run = Run(settings, Landing(settings.landing), again, watch)
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(run.report, wanted))


@dataclass(frozen=True)
class Run:
    """What the datasets of one run have in common; `pauses` are the seconds between attempts to reach the server."""

    settings: Settings
    landing: Landing
    again: Again = never
    watch: Watch = lambda report, step: None
    pauses: Sequence[float] = PAUSES

    def report(self, contract: Contract) -> DatasetReport:
        """The report of a dataset once it is loaded, or has failed."""
        report = DatasetReport.of(contract)
        try:
            self.load(contract, report)
        except LakehouseError as error:
            # Spark has conditions for its own errors, not for those of a store's client.
            if not self.landing.local and isinstance(error, SqlError) and not error.condition:
                error.remedy = (
                    f"start the server with the same {', '.join(VARIABLES)} as the loader"
                )
            report.error = f"{error.message}{f'; try: {error.remedy}' if error.remedy else ''}"
        except Exception as error:
            # A defect of ours in one dataset must not hide how the others ended.
            logging.getLogger(__name__).debug(
                "the load of %s failed", contract.dataset, exc_info=True
            )
            report.error = f"{type(error).__name__}: {error}; try: report it to us, with the files"
        self.watch(report, "done")
        return report

    def load(self, contract: Contract, report: DatasetReport) -> None:
        """Load one dataset; a lost server is waited for and its work taken up again.

        Raises Unreachable when the server stays away, or goes away again and
        again before a file is done.
        """
        done, waits = -1, iter(self.pauses)
        while True:
            try:
                with Session(self.settings) as session:
                    context = Context(session, self.landing, contract)
                    load(context, self.again, lambda step: self.watch(report, step), report)
                return
            except Unreachable as error:
                # What got on since the last loss may wait as long again; a load that fells the server may not.
                if report.files_done > done:
                    done, waits = report.files_done, iter(self.pauses)
                pause = next(waits, None)
                if pause is None:
                    raise
                report.notes.append(f"{error.message}: tried again after {pause} s")
                self.watch(report, f"waiting {pause} s for the server")
                time.sleep(pause)
