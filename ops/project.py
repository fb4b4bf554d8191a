"""The dbt project, as dbt itself reads it."""

from pathlib import Path

from ops.errors import LakehouseError
from ops.settings import PROJECT


def parse_manifest(project: Path = PROJECT) -> dict:
    """dbt's manifest of the project, parsed now.

    Raises LakehouseError with dbt's own message when the project does not parse.
    """
    # Importing dbt takes a second, which commands without a contract need not wait for.
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(project), "--profiles-dir", str(project)]
    result = dbtRunner().invoke(["--quiet", "parse", *where, "--no-write-json"])
    if not result.success:
        raise LakehouseError(f"dbt cannot parse the project: {result.exception}", "run: dbt parse")
    return result.result.writable_manifest().to_dict(omit_none=False)
