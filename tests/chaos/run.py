"""The chaos test: rounds of random deliveries, loads with faults, and comparisons."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from loaders.run import load_all
from ops import server as spark
from tests.chaos.actions import draw_action
from tests.chaos.concurrent_build import concurrent_build, load_sample
from tests.chaos.datasets import DATASETS, SOURCE, Dataset
from tests.chaos.faults import KILL_LOADER, KILL_SERVER, Fault, draw_faults
from tests.chaos.landing import Action, Landing, apply
from tests.chaos.loaders import contract_of, run_loaders
from tests.chaos.oracle.comparison import differences
from tests.chaos.oracle.state import PossibleStates
from tests.chaos.oracle.tables import stored_files

# Errors that a loader may report after its server was killed.
SERVER_LOST = ("no Spark Thrift server answers", "was lost", "did not answer within")


class Failed(AssertionError):
    """A loader or build failed, or the tables differ; the message has the command to repeat it."""


class Chaos:
    """A run of a seed on its own lakehouse.

    `log` gets a line for each action and load; with `build`, some rounds run `dbt build`
    concurrently.
    """

    def __init__(
        self,
        settings: Settings,
        seed: int,
        log: Callable[[str], None] = lambda line: None,
        build: bool = False,
    ):
        self.settings, self.seed, self.log, self.build = settings, seed, log, build
        self.folder = Path(settings.landing)
        self.scratch = Path(tempfile.mkdtemp(prefix="scratch_", dir=self.folder.parent))
        self.landing, self.possible = Landing(), PossibleStates()
        self.number = 0
        # Names of datasets: changed since the last comparison; certain to have a bronze table.
        self.unchecked: set[str] = set()
        self.created: set[str] = set()

    def run(self, rounds: int) -> None:
        """Run the rounds, and a last load without faults; raises Failed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        spark.start(self.settings)
        self.create_lakehouse()
        for number in range(1, rounds + 1):
            self.number = number
            self.run_round(Random(f"{self.seed}/{number}"))
        self.load_and_compare(datasets_of(self.created | self.unchecked))
        self.check_no_scratch_tables()
        self.check_idle_load()

    def create_lakehouse(self) -> None:
        """Two loaders create the lakehouse concurrently, without faults."""
        random = Random(f"{self.seed}/0")
        datasets = random.sample(DATASETS, 2)
        self.change_files(datasets, random, 1)
        self.expect_load(datasets, changing=False)
        self.load(datasets, [], [])
        if self.build:
            load_sample(self.settings)

    def run_round(self, random: Random) -> None:
        """Apply actions, run two loaders with faults, and compare in half of the rounds."""
        datasets = random.sample(DATASETS, random.randint(1, 3))
        self.change_files(datasets, random, random.randint(1, 3))
        changing = random.random() < 0.4
        self.expect_load(datasets, changing)
        concurrent = []
        for _ in range(random.randint(1, 3) if changing else 0):
            concurrent.append(self.draw_action(random.choice(datasets), random))
            self.expect_load(datasets, changing)
        builds = self.build and random.random() < 0.3
        # If the server is killed while it creates a table, a person may have to remove the folder.
        all_created = self.created.issuperset(dataset.name for dataset in datasets)
        faults = draw_faults(random, all_created and not builds, changing)
        if builds:
            with concurrent_build(self.settings, self.scratch, self.fail):
                self.load(datasets, faults, concurrent)
        else:
            self.load(datasets, faults, concurrent)
        if random.random() < 0.5:
            self.load_and_compare(datasets_of(self.unchecked))

    # ---- files

    def draw_action(self, dataset: Dataset, random: Random) -> Action:
        """Draw an action, and apply it to the model but not on disk."""
        action = draw_action(self.landing, dataset, random)
        self.landing.record(action)
        return action

    def change_files(self, datasets: Iterable[Dataset], random: Random, count: int) -> None:
        """Apply `count` actions to each dataset."""
        for dataset in datasets:
            for _ in range(count):
                self.apply([self.draw_action(dataset, random)])

    def apply(self, actions: Iterable[Action]) -> None:
        for action in actions:
            self.log(f"  {action}")
            apply(action, self.folder, self.scratch)

    # ---- loads

    def expect_load(self, datasets: Iterable[Dataset], changing: bool) -> None:
        """Expect a load that may be killed; `changing`: files may change during the load."""
        for dataset in datasets:
            self.possible.add_interrupted_load(
                dataset, self.landing.present[dataset.name], changing
            )

    def load(
        self, datasets: Sequence[Dataset], faults: Sequence[Fault], concurrent: Iterable[Action]
    ) -> None:
        """Run two loaders, and apply the concurrent actions while they run."""
        names = [dataset.name for dataset in datasets]
        schedule = ", ".join(map(str, faults)) or "no faults"
        self.log(f"round {self.number}: load {' '.join(names)}; {schedule}")
        errors = run_loaders(
            self.settings, datasets, faults, self.scratch, lambda: self.apply(concurrent)
        )
        self.unchecked.update(names)
        if not any(fault.what == KILL_LOADER for fault in faults):
            self.created.update(names)
        server_killed = any(fault.what == KILL_SERVER for fault in faults)
        for error in errors:
            self.log(f"  {error.strip()}")
            if not (server_killed and any(words in error for words in SERVER_LOST)):
                self.fail([error])

    def load_and_compare(self, datasets: Sequence[Dataset]) -> None:
        """Load without faults, and compare the tables with the expected state."""
        names = [dataset.name for dataset in datasets]
        self.log(f"round {self.number}: load {' '.join(names)} without faults and compare")
        reports = load_all(self.settings, [contract_of(dataset) for dataset in datasets])
        if errors := [f"{report.dataset}: {report.error}" for report in reports if report.error]:
            self.fail(errors)
        for dataset in datasets:
            self.possible.add_complete_load(dataset, self.landing.present[dataset.name])
        self.compare(datasets)
        self.created.update(names)
        self.unchecked.difference_update(names)

    # ---- checks

    def compare(self, datasets: Sequence[Dataset]) -> None:
        with Session(self.settings) as session:
            stored = {dataset.name: stored_files(session, dataset) for dataset in datasets}
        sentences = [
            sentence
            for dataset in datasets
            for sentence in differences(dataset, self.possible, stored[dataset.name])
        ]
        if sentences:
            self.fail(sentences)

    def check_no_scratch_tables(self) -> None:
        with Session(self.settings) as session:
            if tables := session.execute(f"show tables in scratch like '{SOURCE}_*'"):
                names = ", ".join(name for _, name, _ in tables)
                self.fail([f"scratch tables were not dropped: {names}"])

    def check_idle_load(self) -> None:
        """A second load of the same files commits nothing."""
        before = self.commits()
        load_all(self.settings, [contract_of(dataset) for dataset in datasets_of(self.created)])
        after = self.commits()
        if written := [table for table in after if after[table] != before.get(table)]:
            self.fail([f"a load of unchanged files wrote {', '.join(sorted(written))}"])

    def commits(self) -> dict[str, list[str]]:
        """The file names of the Delta commits of each bronze table."""
        logs = (self.settings.home / "warehouse" / "bronze.db").glob("*/_delta_log")
        return {
            log.parent.name: sorted(commit.name for commit in log.glob("*.json")) for log in logs
        }

    def fail(self, reasons: list[str]) -> None:
        shown = "\n  ".join(reasons[:5])
        more = f"\n  and {len(reasons) - 5} more" if len(reasons) > 5 else ""
        build = " BUILD=1" if self.build else ""
        raise Failed(
            f"seed {self.seed}, round {self.number}:\n  {shown}{more}\n"
            f"files: {self.folder}\ntables: {self.settings.home}\n"
            f"repeat: make chaos SEED={self.seed} ROUNDS={max(self.number, 1)}{build}"
        )


def datasets_of(names: set[str]) -> list[Dataset]:
    """The datasets with these names, in the order of DATASETS."""
    return [dataset for dataset in DATASETS if dataset.name in names]
