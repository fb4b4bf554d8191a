"""Progress of a load: bars on a terminal, lines in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from loaders.load import PLANNED
from loaders.report import DatasetReport
from loaders.run import Watch


@contextmanager
def show_progress(quiet: bool = False) -> Iterator[Watch]:
    """A Watch for `load_all`: one bar per dataset, or one line per batch.

    Both are written to standard error, so that the report can be piped.
    """
    if quiet:
        yield lambda report, step: None
    elif sys.stderr.isatty():
        with _bars() as watch:
            yield watch
    else:
        yield _line


def _line(report: DatasetReport, step: str) -> None:
    if step == PLANNED:
        click.echo(
            f"{report.dataset}: loading {report.files_planned - report.files_done} files", err=True
        )
    elif step.startswith("waiting"):
        click.echo(f"{report.dataset}: {step}", err=True)


@contextmanager
def _bars() -> Iterator[Watch]:
    columns = (
        TextColumn("{task.fields[dataset]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}"),
    )
    with Progress(
        *columns, console=Console(stderr=True, highlight=False), transient=True
    ) as progress:
        tasks = {}

        def watch(report: DatasetReport, step: str) -> None:
            if report.dataset not in tasks:
                tasks[report.dataset] = progress.add_task(
                    "", dataset=report.dataset, step=step, total=None
                )
            progress.update(
                tasks[report.dataset],
                total=report.files_planned or None,
                completed=report.files_done,
                step=step,
            )

        yield watch
