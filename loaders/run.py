"""Loading many datasets side by side, through trouble with the server."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session, SqlError, Unreachable
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
    landing = Landing(settings.landing)

    def one(contract: Contract) -> DatasetReport:
        report = DatasetReport.of(contract)
        try:
            load_through(settings, landing, contract, again, report, watch)
        except LakehouseError as error:
            # Spark has conditions for its own errors, not for those of a store's client.
            if not landing.local and isinstance(error, SqlError) and not error.condition:
                error.remedy = f"start the server with the same {', '.join(VARIABLES)} as the loader"
            report.error = f"{error.message}{f'; try: {error.remedy}' if error.remedy else ''}"
        watch(report, "done")
        return report

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(one, wanted))


def load_through(
    settings: Settings,
    landing: Landing,
    contract: Contract,
    again: Again,
    report: DatasetReport,
    watch: Watch = lambda report, step: None,
    pauses: Sequence[float] = PAUSES,
) -> None:
    """Load one dataset; a lost server is waited for and its work taken up again.

    Raises Unreachable when the server stays away, or goes away again and again
    before a file is done.
    """
    done, waits = -1, iter(pauses)
    while True:
        try:
            with Session(settings) as session:
                load(session, landing, contract, again, lambda step: watch(report, step), report)
            return
        except Unreachable as error:
            # What got on since the last loss may wait as long again; a load that fells the server may not.
            if report.files_done > done:
                done, waits = report.files_done, iter(pauses)
            pause = next(waits, None)
            if pause is None:
                raise
            report.notes.append(f"{error.message}: tried again after {pause} s")
            watch(report, f"waiting {pause} s for the server")
            time.sleep(pause)
