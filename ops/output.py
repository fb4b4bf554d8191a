"""Tables on the terminal."""

from collections.abc import Iterable
from decimal import Decimal

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

console = Console(highlight=False)
if not console.is_terminal:
    # A file or a pipe has no width; a table of more columns is printed row by row.
    console = Console(highlight=False, width=200)


def cell(value: object) -> str:
    """A value as text: decimals with thousands separators, None as null."""
    if value is None:
        return "null"
    return f"{value:,}" if isinstance(value, Decimal) else str(value)


def print_table(columns: Iterable[str], rows: list[tuple], title: str | None = None) -> None:
    """Print rows as a table, or one below the other if the table is too wide for the terminal."""
    columns = tuple(columns)
    table = Table(title=title, title_justify="left")
    for index, name in enumerate(columns):
        numeric = any(isinstance(row[index], (int, float, Decimal)) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    if (
        Measurement.get(console, console.options.update(max_width=10_000), table).maximum
        <= console.width
    ):
        console.print(table)
        return
    for number, row in enumerate(rows, start=1):
        console.print(f"-- row {number}", style="bold")
        for name, value in zip(columns, row, strict=True):
            console.print(f"{name:>{max(map(len, columns))}}  {cell(value)}", markup=False)
