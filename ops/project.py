"""The dbt project's manifest, and that of its sources alone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# What dbt needs to read sources, besides the sources.
NEEDED = ("dbt_project.yml", "packages.yml", "dbt_packages", "macros")


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


def parse_manifest(
    project: Path = PROJECT, profiles: Path | None = None, target: Path | None = None
) -> dict:
    """As `parse`, as the dictionary that dbt writes."""
    return parse(project, profiles, target).writable_manifest().to_dict(omit_none=False)


def parse_sources(project: Path = PROJECT) -> dict:
    """The manifest of the project's sources, as the dictionary that dbt writes.

    dbt reads a folder that has the sources and no model, so an error in a model does not matter.
    Sources are in files with names ending in `sources.yml`.
    """
    # dbt keeps what it parsed in `target`: a second parse takes a tenth of the time.
    target = Settings.from_environment().home / "sources"
    with TemporaryDirectory() as folder:
        # Generic tests and descriptions of sources need macros, packages and docs blocks.
        models = (
            path for end in ("sources.yml", ".md") for path in project.glob(f"models/**/*{end}")
        )
        for path in (*(project / name for name in NEEDED), *models):
            if path.exists():
                link = Path(folder, path.relative_to(project))
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        return parse_manifest(Path(folder), project, target)
