"""Random arrivals, and the comparison of each change_feed model with its full refresh."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from lakehouse.delta import last_commit
from lakehouse.settings import Settings
from lakehouse.thrift import Session

PACKAGE = Path(__file__).parents[2] / "packages" / "dbt_change_feed"
ORDERS = (
    "order_id string, customer string, amount decimal(18, 2), order_date date, "
    "updated_at timestamp, file string, is_test boolean"
)
CUSTOMERS = "customer_id string, segment string, updated_at timestamp"
# `make change-feed` sets them, and runs the tests that take minutes.
ROUNDS = int(os.environ.get("CHANGE_FEED_ROUNDS", "0"))
SEED = int(os.environ.get("CHANGE_FEED_SEED", "1"))
takes_long = pytest.mark.skipif(not ROUNDS, reason="takes minutes: make change-feed")
MODEL = """
{{ config(unique_key='order_id') }}
select order_id, max(amount) as amount from {{ source('raw', 'orders') }} group by order_id
"""
FEED = "using delta tblproperties ('delta.enableChangeDataFeed' = 'true')"


def order(key: str, amount: int, file: str = "f") -> str:
    """The statement that adds a row of an order."""
    return (
        f"insert into raw.orders values ('{key}', 'c1', {amount}, date '2026-01-01', "
        f"timestamp '2026-01-01 00:00:00', '{file}', false)"
    )


def mode(said: str) -> str:
    """How a model was built, of what a run says of it: full, incremental or nothing."""
    return said.split(" ", 1)[0]


@dataclass(frozen=True)
class Built:
    """What a run said of each change_feed model, its seconds, and the SQL of its full refresh."""

    success: bool
    said: dict[str, str]
    seconds: dict[str, float]
    sql: dict[str, str]
    output: list[str]

    @property
    def modes(self) -> list[str]:
        """How each model was built: full, incremental or nothing."""
        return [mode(said) for said in self.said.values()]


@dataclass
class Project:
    """A copy of the integration project, with tables in a schema of its own."""

    folder: Path
    session: Session
    schema: str

    def options(self, command: str) -> list[str]:
        """The options of a dbt command for this project. `deps` has no target."""
        places = ["--project-dir", self.folder, "--profiles-dir", self.folder]
        logs = ["--log-path", self.folder / "logs", "--quiet"]
        target = [] if command == "deps" else ["--target-path", self.folder / "target"]
        return list(map(str, [*places, *logs, *target]))

    def dbt(self, *arguments: str) -> Built:
        """Run a dbt command in this process."""
        messages: list[str] = []

        def listen(event: Any) -> None:
            messages.append(event.info.msg)

        done = dbtRunner(callbacks=[listen]).invoke([*arguments, *self.options(arguments[0])])
        said = {}
        for message in messages:
            if found := re.match(rf"{self.schema}\.(\w+): (\w+ \(.*)", message, re.DOTALL):
                said[found[1]] = found[2]
        results = getattr(done.result, "results", None) or []
        built = [
            each
            for each in results
            if hasattr(each, "node") and each.node.config.materialized == "change_feed"
        ]
        seconds = {each.node.name: each.execution_time for each in built}
        sql = {each.node.name: each.node.compiled_code for each in built}
        return Built(bool(done.success), said, seconds, sql, messages)

    def execute(self, sql: str) -> list[tuple]:
        """Run a statement, with `raw.` for the tables that arrive and `{s}` for the schema."""
        text = sql.replace("raw.", f"{self.schema}.raw_").replace("{s}", self.schema)
        return list(self.session.execute(text) or [])

    def differing(self, built: Built) -> dict[str, int]:
        """The number of rows by which models differ from their full refresh, if they do."""
        queries = []
        for name, sql in built.sql.items():
            table, full = f"select * from {self.schema}.{name}", f"select * from ({sql}\n)"
            queries.append(
                f"select '{name}' as model, count(*) as rows from ("
                f"({table} except all {full}) union all ({full} except all {table}))"
            )
        rows = self.execute(f"select * from ({' union all '.join(queries)}) where rows > 0")
        return dict(rows)

    def empty(self) -> None:
        """Create the tables that arrive anew, without rows."""
        self.execute("create schema if not exists {s}")
        self.execute(f"create or replace table raw.orders ({ORDERS}) {FEED}")
        self.execute(f"create or replace table raw.customers ({CUSTOMERS}) {FEED}")

    def model(self, name: str, sql: str, properties: str = "", **config: str) -> None:
        """Write a model; `config` has Jinja by name, `properties` is YAML."""
        folder = self.folder / "models" / "trials"
        folder.mkdir(exist_ok=True)
        settings = ", ".join(f"{key}={value}" for key, value in config.items())
        configured = f"{{{{ config({settings}) }}}}" if config else ""
        (folder / f"{name}.sql").write_text(configured + sql)
        if properties:
            (folder / f"{name}.yml").write_text(f"models:\n  - name: {name}\n{properties}")
        else:
            (folder / f"{name}.yml").unlink(missing_ok=True)

    def forget_model(self, name: str) -> None:
        """Remove a model that a test has written."""
        for file in (self.folder / "models" / "trials").glob(f"{name}.*"):
            file.unlink()

    def run(self, model: str, *arguments: str) -> str:
        """What a run says of a model that it builds."""
        built = self.dbt("run", "-s", model, *arguments)
        assert built.success, "\n".join(built.output[-20:])
        return built.said[model]

    def error(self, model: str) -> str:
        """The output of a run that fails."""
        built = self.dbt("run", "-s", model)
        assert not built.success
        return "\n".join(built.output)

    def equal(self, model: str) -> bool:
        """Whether a model equals its full refresh."""
        return self.differing(self.dbt("compile", "-s", model)) == {}

    def rows(self, table: str) -> list[tuple]:
        return [tuple(row) for row in self.execute(f"select * from {{s}}.{table} order by all")]

    def identity(self, table: str) -> str:
        return self.execute(f"describe detail {{s}}.{table}")[0][1]

    def commit(self, table: str) -> dict[str, Any]:
        """The newest commit of a table."""
        return last_commit(self.session, f"{self.schema}.{table}")

    def metadata(self, table: str) -> str:
        return self.commit(table)["userMetadata"]

    def render(self, expression: str, variables: str = "{}") -> Any:
        """The value of a Jinja expression in this project."""
        inline = f"{{{{ tojson({expression}) }}}}"
        arguments = ("compile", "--no-populate-cache", "--inline", inline, "--vars", variables)
        done = dbtRunner().invoke([*arguments, *self.options("compile")])
        assert done.success
        return json.loads(done.result.results[0].node.compiled_code)

    def version(self, table: str) -> int:
        return self.commit(table)["version"]

    def metrics(self, table: str) -> tuple[str, dict[str, int]]:
        """Operation and metrics of the newest commit of a table."""
        commit = self.commit(table)
        metrics = json.loads(commit["operationMetrics"])
        return commit["operation"], {name: int(value) for name, value in metrics.items()}


@contextmanager
def project(settings: Settings, schema: str, folder: Path) -> Iterator[Project]:
    """A copy of the integration project in `folder`, with empty tables that arrive."""
    copy = folder / "dbt_change_feed"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages"))
    os.environ["CHANGE_FEED_SCHEMA"] = schema
    with Session(settings) as session:
        made = Project(copy / "integration_tests", session, schema)
        made.empty()
        assert made.dbt("deps").success
        yield made


@contextmanager
def running(project_: Project, *arguments: str) -> Iterator[subprocess.Popen]:
    """`dbt run` in a process; its output can be read by line. At the end SIGKILL stops it."""
    target = project_.folder / f"target_{time.monotonic_ns()}"
    command = [Path(sys.executable).with_name("dbt"), "run", *arguments]
    process = subprocess.Popen(
        [*command, "--target-path", target, "--log-path", target],
        cwd=project_.folder,
        env={**os.environ, "DBT_PROFILES_DIR": str(project_.folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@dataclass
class Arrivals:
    """Random changes of the tables that arrive, one or more in each round."""

    project: Project
    random: random.Random
    files: int = 0
    clock: int = 0

    def key(self) -> str:
        """One of 60 orders; one in 20 has no number."""
        return "null" if self.random.random() < 0.05 else f"'o{self.random.randrange(60)}'"

    def customer(self) -> str:
        return self.random.choice(["null", "' '", *(f"'c{n}'" for n in range(12))])

    def now(self) -> str:
        """A time after all others, or as late as one of the last."""
        self.clock += self.random.choice([0, 1, 1, 1])
        return f"timestamp '2026-01-01 00:00:00' + make_interval(0, 0, 0, {self.clock})"

    def row(self, updated_at: str, file: str) -> str:
        day = self.random.randrange(200)
        date = "null" if self.random.random() < 0.05 else f"date '2025-01-01' + {day}"
        amount = self.random.randrange(-2000, 40_000) / 100
        is_test = str(self.random.random() < 0.1).lower()
        values = (self.key(), self.customer(), amount, date, updated_at, f"'{file}'", is_test)
        return f"({', '.join(map(str, values))})"

    def new_file(self, rows: int) -> str:
        self.files += 1
        time = self.now()
        values = ", ".join(self.row(time, f"f{self.files}") for _ in range(rows))
        return f"insert into raw.orders values {values}"

    def some_file(self) -> str:
        return f"f{self.random.randint(1, max(self.files, 1))}"

    def arrive(self) -> str:
        return self.new_file(self.random.randint(1, 12))

    def late(self) -> str:
        """A file of an earlier time than what is there."""
        self.clock -= 5
        statement = self.new_file(self.random.randint(1, 6))
        self.clock += 5
        return statement

    def duplicate(self) -> str:
        return f"insert into raw.orders select * from raw.orders where file = '{self.some_file()}'"

    def reload(self) -> str:
        """The same rows again, in other files of the table."""
        file = self.some_file()
        return (
            f"insert into raw.orders replace where file = '{file}' "
            f"select * from raw.orders where file = '{file}'"
        )

    def correct(self) -> str:
        """A file with other amounts, and without some of its rows."""
        file, salt = self.some_file(), self.random.randrange(1000)
        return (
            f"insert into raw.orders replace where file = '{file}' select order_id, customer, "
            f"if(pmod(hash(order_id, {salt}), 3) = 0, amount + 1, amount), order_date, updated_at, "
            f"file, is_test from raw.orders where file = '{file}' "
            f"and pmod(hash(order_id, {salt}, 1), 4) <> 0"
        )

    def delete(self) -> str:
        return f"delete from raw.orders where order_id <=> {self.key()}"

    def delete_a_fifth(self) -> str:
        salt = self.random.randrange(1000)
        return f"delete from raw.orders where pmod(hash(order_id, file, {salt}), 5) = 0"

    def move(self) -> str:
        """An order of another month."""
        day = self.random.randrange(200)
        return (
            f"update raw.orders set order_date = date '2025-01-01' + {day} "
            f"where order_id <=> {self.key()}"
        )

    def change_a_customer(self) -> str:
        segment = self.random.choice(["gold", "silver", "closed"])
        return f"insert into raw.customers values ({self.customer()}, '{segment}', {self.now()})"

    def forget_a_customer(self) -> str:
        return f"delete from raw.customers where customer_id <=> {self.customer()}"

    def optimize(self) -> str:
        return "optimize raw.orders"

    def overwrite(self) -> str:
        """All rows, as a full refresh of an upstream writes them."""
        return "insert overwrite raw.orders select * from raw.orders"

    def first(self) -> list[str]:
        """What happens in the first round: something in each table."""
        return [self.arrive(), self.delete_a_fifth(), self.change_a_customer()]

    def once(self) -> list[str]:
        """What happens in another round."""
        kinds = [
            self.arrive,
            self.arrive,
            self.late,
            self.duplicate,
            self.reload,
            self.correct,
            self.delete,
            self.delete_a_fifth,
            self.move,
            self.change_a_customer,
            self.change_a_customer,
            self.forget_a_customer,
            self.optimize,
            self.overwrite,
        ]
        return [kind() for kind in self.random.sample(kinds, self.random.randint(0, 4))]

    def fill(self) -> None:
        for statement in [self.new_file(60), *(self.change_a_customer() for _ in range(6))]:
            self.project.execute(statement)


WRONG = {"shares", "previous_orders", "running_totals"}


@dataclass
class Outcome:
    """What the rounds found."""

    wrong: dict[str, int] = field(default_factory=dict)
    caught: set[str] = field(default_factory=set)
    modes: Counter[str] = field(default_factory=Counter)


def rounds(project: Project, count: int, seed: int) -> Outcome:
    """Random arrivals and builds; stops at the first round in which a right model is wrong."""
    arrivals = Arrivals(project, random.Random(seed))
    arrivals.fill()
    outcome = Outcome()
    for number in range(count + 1):
        happened = []
        if number:
            happened = arrivals.first() if number == 1 else arrivals.once()
        for statement in happened:
            project.execute(statement)
        # `build` also drops and creates the seed.
        built = project.dbt("build" if number % 5 == 0 else "run")
        assert built.success, "\n".join(built.output[-20:])
        differing = project.differing(built)
        outcome.caught |= differing.keys() & WRONG
        outcome.wrong = {name: rows for name, rows in differing.items() if name not in WRONG}
        if number:
            outcome.modes.update(
                mode(said) for name, said in built.said.items() if name not in WRONG
            )
        names = ", ".join(sorted(statement.split(" ", 1)[0] for statement in happened))
        print(f"round {number}: {names or 'nothing'}: {outcome.wrong or 'equal'}", flush=True)
        if outcome.wrong:
            lines = [*happened, *(f"{name}: {said}" for name, said in built.said.items())]
            print(f"seed {seed}, round {number}:", *lines, sep="\n  ", flush=True)
            break
    return outcome
