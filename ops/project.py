"""The dbt project's manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


def parse(
    project: Path = PROJECT, profiles: Path | None = None, target: Path | None = None
) -> Manifest:
    """The project's manifest, parsed now; also written into the folder `target`, if one is given.

    Raises LakehouseError with dbt's message if the project is invalid.
    """
    # Importing dbt takes a second: only commands that parse the project import it.
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(project), "--profiles-dir", str(profiles or project)]
    written = ["--target-path", str(target)] if target else ["--no-write-json"]
    # Nothing is logged: the error has dbt's message.
    result = dbtRunner().invoke(["--log-level", "none", "parse", *where, *written])
    if not result.success:
        raise LakehouseError(f"dbt cannot parse the project: {result.exception}", "run: dbt parse")
    return result.result


def parse_manifest(project: Path = PROJECT) -> dict:
    """The project's manifest as the dictionary that dbt writes into manifest.json."""
    return parse(project).writable_manifest().to_dict(omit_none=False)
