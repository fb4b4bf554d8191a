"""The dbt project, as dbt itself reads it."""

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
    """dbt's manifest of the project, parsed now; also written into the folder `target`, if one is given.

    Raises LakehouseError with dbt's own message when the project does not parse.
    """
    # Importing dbt takes a second, which commands without a contract need not wait for.
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(project), "--profiles-dir", str(profiles or project)]
    written = ["--target-path", str(target)] if target else ["--no-write-json"]
    # The error tells what dbt would log.
    result = dbtRunner().invoke(["--log-level", "none", "parse", *where, *written])
    if not result.success:
        raise LakehouseError(f"dbt cannot parse the project: {result.exception}", "run: dbt parse")
    return result.result


def parse_manifest(project: Path = PROJECT) -> dict:
    """The same as the dictionary that dbt writes as manifest.json."""
    return parse(project).writable_manifest().to_dict(omit_none=False)
