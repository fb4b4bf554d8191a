"""The command `lakehouse server schema`: the tables of a metastore in PostgreSQL.

DataNucleus' SchemaTool makes them. Spark's own creation at the first start hangs on PostgreSQL: one
of its connections waits for a lock that another one holds.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import click

from lakehouse.errors import LakehouseError
from ops import jars, java
from ops.metastore import Metastore

# Hive's classes of the metastore's objects, mapped to tables.
MAPPING = "package.jdo"
# Names of columns as Hive's metastore writes them.
NAMES = {"datanucleus.identifierFactory": "datanucleus1"}


def create(properties: Mapping[str, str]) -> None:
    """Create the tables that are missing in the database of the JDO `properties`.

    Raises LakehouseError if the database does not answer or refuses.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        [archive] = jars.pyspark().glob("jars/hive-metastore-*.jar")
        with ZipFile(archive) as classes:
            classes.extract(MAPPING, folder)
        settings = folder / "datanucleus.properties"
        settings.touch(mode=0o600)
        settings.write_text(java_properties({**properties, **NAMES}))
        tool = subprocess.run(
            [
                java.find().path,
                *("-cp", f"{jars.pyspark()}/jars/*:{jars.require()}/*"),
                *("org.datanucleus.store.schema.SchemaTool", "-mode", "create", "-api", "JDO"),
                *("-props", str(settings), str(folder / MAPPING)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if tool.returncode or "Exception" in tool.stdout:
        raise LakehouseError(
            f"the tables of the metastore were not created: {reason(tool.stdout)}",
            "check LAKEHOUSE_METASTORE, and that the database answers",
        )


def reason(output: str) -> str:
    """The message of the last exception in the tool's output, or else its end."""
    lines = [line.strip() for line in output.splitlines() if "Exception: " in line]
    return lines[-1].partition("Exception: ")[2] if lines else output[-300:].strip()


def java_properties(properties: Mapping[str, str]) -> str:
    """A file of Java properties."""
    escaped = ((key, value.replace("\\", "\\\\")) for key, value in properties.items())
    return "".join(f"{key}={value}\n" for key, value in escaped)


@click.command()
def schema() -> None:
    """Create the missing tables of LAKEHOUSE_METASTORE, before the first server starts."""
    metastore = Metastore.from_environment()
    if not metastore:
        raise LakehouseError(
            "LAKEHOUSE_METASTORE is not set", "set it to postgresql://user@host:5432/database"
        )
    create(metastore.properties())
    click.echo(f"the tables of the metastore are in {metastore.address}")
