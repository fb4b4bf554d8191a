"""The questions of docs/questions.md: their queries, and their answers as tables of the page.

`python -m tests.semantic.questions` runs the queries on the server and writes the page anew.
"""

import csv
import io
import re
import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from duckdb import DuckDBPyConnection

from lakehouse.settings import PROJECT
from tests.conftest import lakehouse
from tests.semantic.web_shop import expected

PAGE = PROJECT / "docs" / "questions.md"
# A question with its query, and the table after it.
QUESTION = re.compile(
    r"^### (?P<title>\d+\. [^\n]+)\n(?:[^`#\n][^\n]*\n|\n)*"
    r"```(?P<language>sql|sh)\n(?P<query>.*?)^```\n(?:\n(?P<answer>(?:\|[^\n]*\n)+))?",
    re.MULTILINE | re.DOTALL,
)
# Digits beyond these are not shown.
LONG = re.compile(r"-?\d+\.\d{5,}")

Rows = list[list[str]]


@dataclass(frozen=True)
class Question:
    """A question, its query in SQL or as a command, and its answer: the header and the rows."""

    title: str
    language: str
    query: str
    answer: Rows

    @property
    def options(self) -> dict[str, str]:
        """The options of a command `lakehouse metrics query`."""
        words = shlex.split(self.query)[3:]
        return dict(zip(words[::2], words[1::2], strict=True))


def questions(page: str) -> list[Question]:
    """The questions of the page, in its order."""
    return [
        Question(each["title"], each["language"], each["query"], _cells(each["answer"] or ""))
        for each in QUESTION.finditer(page)
    ]


def run(question: Question) -> Rows:
    """The answer of the server, in the form of the page; raises AssertionError if it has none."""
    if question.language == "sql":
        done = lakehouse("sql", "--csv", question.query)
        text = done.stdout
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "answer.csv")
            done = lakehouse(*shlex.split(question.query)[1:], "--csv", str(file))
            text = file.read_text() if file.exists() else ""
    assert done.exit_code == 0, f"{question.title}\n{done.output}"
    return [list(map(_short, row)) for row in csv.reader(io.StringIO(text))]


def written(page: str, answer: Callable[[Question], Rows]) -> str:
    """The page with the answers to its questions."""
    asked = iter(questions(page))

    def with_answer(found: re.Match) -> str:
        rows = answer(next(asked))
        query = found[0].removesuffix(found["answer"] or "").rstrip()
        return f"{query}\n\n{_table(rows)}"

    return QUESTION.sub(with_answer, page)


def _table(rows: Rows) -> str:
    header, *others = rows
    lines = [header, ["---"] * len(header), *others]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(table: str) -> Rows:
    lines = [line.strip("|").split("|") for line in table.split("\n") if line]
    return [[cell.strip() for cell in line] for line in lines[:1] + lines[2:]]


def _short(cell: str) -> str:
    return f"{float(cell):.4f}" if LONG.fullmatch(cell) else cell


def differing(question: Question, answer: Rows, db: DuckDBPyConnection) -> Rows:
    """The rows of an answer that are not DuckDB's, and those that it lacks."""
    wanted = _by_sql(question, db) if question.language == "sql" else _by_metric(question, db)
    rows = answer[1:]
    assert rows or not wanted, question.title
    return [
        [*map(str, found or ()), "instead of", *map(str, should or ())]
        for found, should in zip_longest(rows, wanted)
        if not found or not should or not all(map(_same, found, should))
    ]


def _by_sql(question: Question, db: DuckDBPyConnection) -> list[Sequence]:
    return list(db.sql(question.query).fetchall())


def _by_metric(question: Question, db: DuckDBPyConnection) -> list[Sequence]:
    metrics, key = question.options["--metrics"].split(","), question.options["--group-by"]
    values = [expected(db, metric, [key]) for metric in metrics]
    keys = sorted(set().union(*values))
    rows = [[*each, *(value.get(each) for value in values)] for each in keys]
    order = question.options["--order"]
    if order.startswith("-"):
        column = metrics.index(order[1:]) + 1
        rows.sort(key=lambda row: -row[column])
    return rows


def _same(found: str, wanted: object) -> bool:
    """Whether a cell has a value; numbers are equal in the digits of the page."""
    if wanted is None or isinstance(wanted, bool | str):
        return found == {None: "", True: "True", False: "False"}.get(wanted, wanted)
    try:
        return abs(float(found) - float(str(wanted))) < 1e-4
    except ValueError:
        return found == str(wanted)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(), run))
