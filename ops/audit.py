"""`lakehouse audit`: the figures of the truth beside those that the warehouse has."""

import sys
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import click

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings, schema_name
from lakehouse.thrift import Session, SqlError


class Finding(NamedTuple):
    """A figure of the truth, of a delivery day or of all days, and what was found."""

    check: str
    day: date | None
    expected: Decimal
    found: Decimal
    passed: bool

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        of_day = f" on {self.day}" if self.day else ""
        if self.passed:
            return f"{self.check}{of_day}: {plain(self.found)}"
        return f"{self.check}{of_day}: expected {plain(self.expected)}, found {plain(self.found)}"


def plain(number: Decimal) -> str:
    """A number with thousands separators and without trailing zeros."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@click.command()
@click.option("--all", "every", is_flag=True, help="Print every finding, also those that passed.")
@click.pass_obj
def audit(settings: Settings, every: bool) -> None:
    """Print where the last build differs from the truth; exit code 1 if it does.

    The truth is what the writer of the files counted: see docs/audit.md.
    """
    with Session(settings) as session:
        findings = read(session)
    for finding in findings:
        if every or not finding.passed:
            mark = (
                click.style("OK  ", fg="green") if finding.passed else click.style("FAIL", fg="red")
            )
            click.echo(f"{mark} {finding.sentence}")
    click.echo(summary(findings))
    sys.exit(0 if all(finding.passed for finding in findings) else 1)


def read(session: Session) -> list[Finding]:
    """The findings of the last build, by check and day.

    Raises LakehouseError if there was no build.
    """
    table = f"{schema_name('audit')}.findings"
    try:
        rows = session.execute(
            f"select `check`, day, expected, found, passed from {table} order by `check`, day"
        )
    except SqlError as error:
        if not error.not_found:
            raise
        raise LakehouseError(f"there is no table {table}", "run: dbt build") from None
    return [Finding(*row) for row in rows]


def summary(findings: list[Finding]) -> str:
    """How many figures were compared, and how many of them differ."""
    if not findings:
        return "nothing to compare: no truth is loaded"
    checks = len({finding.check for finding in findings})
    differ = sum(not finding.passed for finding in findings)
    compared = f"{len(findings):,} figures of {checks:,} checks"
    return f"{compared}: {differ:,} differ" if differ else f"{compared}: all as expected"
