"""The command `lakehouse sample`."""

from pathlib import Path
from typing import Any

import click

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings
from sample.errors import SampleError
from sample.journey_data import data_folder
from sample.retailer import Sample
from sample.truth import Figure
from sample.writing import crm_customers, exchange_rates, write_sample

# The same files of the repository for every sample: its bytes depend on nothing else.
CUSTOMERS = PROJECT / "landing" / "crm" / "customers"
RATES = PROJECT / "seeds" / "exchange_rates.csv"
COMPLETE_JOURNEY = "completejourney"


@click.command()
@click.option(
    "--days", type=click.IntRange(1), help="Number of days.  [default: 14, or a whole year --from]"
)
@click.option("--scale", type=float, help="Orders a day, in units of 300.  [default: 1]")
@click.option("--seed", type=int, help="Another seed, another sample.  [default: 1]")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The first day.  [default: 2023-01-01]",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write into.  [default: the landing folder]",
)
@click.option(
    "--from",
    "origin",
    type=click.Choice([COMPLETE_JOURNEY]),
    help="Fill the tables from this data instead.",
)
@click.pass_obj
def sample(settings: Settings, into: Path | None, origin: str | None, **options: Any) -> None:
    """Write files as a retailer's systems deliver them, with known defects, and the truth.

    The files take the place of an earlier sample. The same options give the same bytes.
    """
    root = into or _landing(settings)
    given = {name: value for name, value in options.items() if value is not None}
    try:
        figures = _write_journey(root, **given) if origin else _write_sample(root, **given)
    except SampleError as error:
        raise LakehouseError(error.message, error.remedy) from None
    _show(figures, root)


def _write_sample(root: Path, **given: Any) -> list[Figure]:
    """Write the sample of the options; raises LakehouseError for an impossible one."""
    if "start" in given:
        given["start"] = given["start"].date()
    try:
        sample = Sample(**given, customers=crm_customers(CUSTOMERS))
    except ValueError as error:
        raise LakehouseError(str(error), "run: lakehouse sample --help") from None
    return write_sample(sample, root, exchange_rates(RATES))


def _write_journey(root: Path, **given: Any) -> list[Figure]:
    """Write the first days of Complete Journey."""
    if given.keys() - {"days"}:
        raise click.UsageError(f"--from {COMPLETE_JOURNEY} takes only --days and --into")
    data = data_folder()
    # Imported here because it needs packages of its own.
    from sample.completejourney import write_journey

    figures = write_journey(root, data, **given)
    click.echo(
        "84.51°'s Complete Journey: simulated data, based on real shopping patterns, for education "
        "and exploration; amounts in US dollars"
    )
    return figures


def _landing(settings: Settings) -> Path:
    if "://" in settings.landing:
        raise LakehouseError(
            f"the landing folder is {settings.landing}, in an object store",
            "write the sample --into a folder, and copy it there",
        )
    return Path(settings.landing)


def _show(figures: list[Figure], root: Path) -> None:
    """Print the rows and rejects of each table, and what comes next."""
    totals = {
        figure.name: figure.expected
        for figure in figures
        if figure.day is None and figure.name.startswith("bronze.")
    }
    for name, rows in totals.items():
        table = name.removeprefix("bronze.").removesuffix(".rows")
        if name.endswith(".rows"):
            rejects = totals.get(f"bronze.{table}.rejects", "0")
            click.echo(f"{table}: {int(rows):,} rows, {int(rejects):,} rejects")
    click.echo(f"{len(figures):,} figures of the truth are in {root / 'truth'}")
