"""The chaos test: rounds of actions and mishaps, and a comparison with the independent reading."""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from loaders.run import load_all
from ops import server as spark
from tests.chaos import beside
from tests.chaos.comparing import differences, found_in
from tests.chaos.datasets import DATASETS, Dataset
from tests.chaos.mishaps import LOADER_DIES, SERVER_DIES, contract_of, draw_mishaps, run_loaders
from tests.chaos.world import Action, World, carry_out, draw

# What a loader may say when its server was killed.
SERVER_LOST = ("no Spark Thrift server answers", "was lost", "did not answer within")


class Failed(AssertionError):
    """The tables are not what they should be, or a loader failed; with the command that does it again."""


class Chaos:
    """One run of a seed, on a lakehouse of its own; `tell` is told what happens, `build`: `dbt build` runs beside."""

    def __init__(
        self,
        settings: Settings,
        seed: int,
        tell: Callable[[str], None] = lambda line: None,
        build: bool = False,
    ):
        self.settings, self.seed, self.tell, self.build = settings, seed, tell, build
        self.landing = Path(settings.landing)
        self.aside = Path(tempfile.mkdtemp(prefix="aside_", dir=self.landing.parent))
        self.world = World()
        self.number = 0
        self.unsettled: set[str] = set()
        self.made: set[str] = set()
        self.told: list[str] = []

    def run(self, rounds: int) -> None:
        """So many rounds, and a last load without mishaps; raises Failed."""
        self.landing.mkdir(parents=True, exist_ok=True)
        spark.start(self.settings)
        self.first()
        for number in range(1, rounds + 1):
            self.number = number
            self.round(Random(f"{self.seed}/{number}"))
        self.settle(self.of(self.made | self.unsettled))
        self.nothing_is_left()

    def of(self, names: set[str]) -> list[Dataset]:
        return [dataset for dataset in DATASETS if dataset.name in names]

    def first(self) -> None:
        """Two loaders at once find an empty lakehouse; nothing is killed."""
        random = Random(f"{self.seed}/0")
        chosen = random.sample(DATASETS, 2)
        self.act(chosen, random, 1)
        self.may_be_loaded(chosen, False)
        self.load_together(chosen, [], [])
        if self.build:
            beside.load_sample(self.settings)

    def round(self, random: Random) -> None:
        """A few actions, two loaders with mishaps, and in every other round a comparison."""
        chosen = random.sample(DATASETS, random.randint(1, 3))
        self.act(chosen, random, random.randint(1, 3))
        changes_files = random.random() < 0.4
        self.may_be_loaded(chosen, changes_files)
        midway = []
        for _ in range(random.randint(1, 3) if changes_files else 0):
            midway.append(self.drawn(random.choice(chosen), random))
            self.may_be_loaded(chosen, True)
        built = self.build and random.random() < 0.3
        # A server that is killed while it makes a table may leave a folder that a person has to remove.
        made = self.made.issuperset(dataset.name for dataset in chosen)
        mishaps = draw_mishaps(random, server=made and not built, files=changes_files)
        if built:
            with beside.building(self.settings, self.aside, self.fail):
                self.load_together(chosen, mishaps, midway)
        else:
            self.load_together(chosen, mishaps, midway)
        if random.random() < 0.5:
            self.settle(self.of(self.unsettled))

    # ---- what is done

    def drawn(self, dataset: Dataset, random: Random) -> Action:
        """An action that the world remembers, and that is not carried out yet."""
        action = draw(self.world, dataset, random)
        self.world.take(action)
        return action

    def act(self, datasets: Iterable[Dataset], random: Random, times: int) -> None:
        """So many actions on each dataset."""
        for dataset in datasets:
            for _ in range(times):
                self.carry_out(self.drawn(dataset, random))

    def carry_out(self, action: Action) -> None:
        self.say(f"  {action}")
        carry_out(action, self.landing, self.aside)

    def may_be_loaded(self, datasets: Iterable[Dataset], changing: bool) -> None:
        """What lies there now may be loaded by loaders that may be killed, or while it is `changing`."""
        for dataset in datasets:
            self.world.may_be_loaded(dataset, broken=changing)

    def load_together(self, datasets, mishaps, midway: list[Action]) -> None:
        """Two loaders at once; `midway` are actions that happen beside them."""
        self.say(
            f"round {self.number}: load {' '.join(d.name for d in datasets)}; {', '.join(map(str, mishaps)) or 'calm'}"
        )

        def change() -> None:
            for action in midway:
                self.carry_out(action)

        errors = run_loaders(self.settings, datasets, mishaps, self.aside, change)
        self.unsettled |= {dataset.name for dataset in datasets}
        if not any(mishap.what == LOADER_DIES for mishap in mishaps):
            self.made |= {dataset.name for dataset in datasets}
        killed = any(mishap.what == SERVER_DIES for mishap in mishaps)
        for error in errors:
            self.say(f"  {error.strip()}")
            if not (killed and any(words in error for words in SERVER_LOST)):
                self.fail([error])

    def settle(self, datasets: list[Dataset]) -> None:
        """A load without mishaps, after which everything is known; compares."""
        self.say(
            f"round {self.number}: calm load of {' '.join(dataset.name for dataset in datasets)}"
        )
        reports = load_all(self.settings, [contract_of(dataset) for dataset in datasets])
        if errors := [f"{report.dataset}: {report.error}" for report in reports if report.error]:
            self.fail(errors)
        for dataset in datasets:
            self.world.is_loaded(dataset)
        self.compare(datasets)
        self.made |= {dataset.name for dataset in datasets}
        self.unsettled -= {dataset.name for dataset in datasets}

    # ---- what is looked at

    def compare(self, datasets: Iterable[Dataset]) -> None:
        with Session(self.settings) as session:
            found = {dataset.name: found_in(session, dataset) for dataset in datasets}
        told = [
            sentence
            for dataset in datasets
            for sentence in differences(dataset, self.world, found[dataset.name])
        ]
        if told:
            self.fail(told)

    def nothing_is_left(self) -> None:
        """No scratch table, and nothing to do for a second load."""
        with Session(self.settings) as session:
            if left := session.execute("show tables in scratch"):
                self.fail([f"scratch tables are left: {', '.join(name for _, name, _ in left)}"])
        before = self.versions()
        load_all(self.settings, [contract_of(dataset) for dataset in self.of(self.made)])
        if written := {
            table for table, commits in self.versions().items() if commits != before.get(table)
        }:
            self.fail([f"a load that has nothing to do wrote {', '.join(sorted(written))}"])

    def versions(self) -> dict[str, list[str]]:
        """The commits of every bronze table."""
        logs = (self.settings.home / "warehouse" / "bronze.db").glob("*/_delta_log")
        return {
            log.parent.name: sorted(commit.name for commit in log.glob("*.json")) for log in logs
        }

    def say(self, line: str) -> None:
        self.told.append(line)
        self.tell(line)

    def fail(self, told: list[str]) -> None:
        shown = "\n  ".join(told[:5]) + (f"\n  and {len(told) - 5} more" if len(told) > 5 else "")
        raise Failed(
            f"seed {self.seed}, round {self.number}:\n  {shown}\n"
            f"the files: {self.landing}; the tables: {self.settings.home}\n"
            f"again: make chaos SEED={self.seed} ROUNDS={max(self.number, 1)}{' BUILD=1' if self.build else ''}"
        )


def remove(place: Path) -> None:
    """Remove a run's folder."""
    shutil.rmtree(place, ignore_errors=True)
