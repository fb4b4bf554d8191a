"""Multiples of the demo's sales, and timed commands on them, for more than one benchmark."""

import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings

SALES = PROJECT / "landing" / "pos" / "sales" / "sales_data.csv"
CUSTOMERS = PROJECT / "landing" / "crm"


def write_sales(folder: Path, copies: Iterable[int]) -> int:
    """Write copies of the sales into `folder`, a file each; returns the rows written.

    The invoice numbers of a copy are a million above those of the copy before.
    """
    header, *lines = SALES.read_text().splitlines()
    sales = [line.split(",", 1) for line in lines]
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    for copy in copies:
        copied = (f"I{int(invoice[1:]) + copy * 1_000_000},{rest}" for invoice, rest in sales)
        (folder / f"sales_{copy:03}.csv").write_text("\n".join([header, *copied]) + "\n")
        rows += len(lines)
    return rows


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables of commands that use a lakehouse of their own."""
    return {
        "LAKEHOUSE_HOME": str(settings.home),
        "LAKEHOUSE_LANDING": settings.landing,
        "LAKEHOUSE_THRIFT_PORT": str(settings.port),
        "DBT_TARGET_PATH": str(settings.home / "target"),
        "DBT_LOG_PATH": str(settings.home / "logs"),
    }


def timed(*command: str, **environment: str) -> tuple[float, str]:
    """Seconds and output of a command; raises LakehouseError with its output when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True
    )
    if done.returncode:
        raise LakehouseError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began, done.stdout
