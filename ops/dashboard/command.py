"""The command `lakehouse dashboard`."""

from pathlib import Path

import click

from lakehouse.settings import Settings
from lakehouse.thrift import Session


@click.command()
@click.option(
    "--html",
    "file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="File to write.  [default: dashboard.html in LAKEHOUSE_HOME]",
)
@click.pass_obj
def dashboard(settings: Settings, file: Path | None) -> None:
    """Write a page of charts from the exported metrics, and print its path.

    The page needs no server and no network.
    """
    # Imported here because it takes a second.
    from ops.dashboard.figures import read
    from ops.dashboard.page import page

    with Session(settings) as session:
        figures = read(session)
    target = file or settings.home / "dashboard.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(figures), encoding="utf-8")
    click.echo(target)
