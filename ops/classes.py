"""Java classes of the server, compiled from spark/java."""

import os
import subprocess
from pathlib import Path

from lakehouse.errors import LakehouseError
from lakehouse.settings import SPARK_CONF
from ops import jars, java

SOURCES = SPARK_CONF / "java"


def compiled(home: Path) -> Path:
    """The folder of the classes, LAKEHOUSE_HOME/classes; compiles those older than their source.

    Raises LakehouseError if a source cannot be compiled.
    """
    folder = home / "classes"
    stale = [source for source in sorted(SOURCES.glob("*/*.java")) if _is_stale(source, folder)]
    if stale:
        output = _compile(stale, folder)
        failed = [str(source) for source in stale if _is_stale(source, folder)]
        if failed:
            raise LakehouseError(
                f"{' and '.join(failed)} cannot be compiled: {output[:300]}", "report it to us"
            )
    return folder


def _is_stale(source: Path, folder: Path) -> bool:
    target = folder / source.relative_to(SOURCES).with_suffix(".class")
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def _compile(sources: list[Path], folder: Path) -> str:
    """Compile with pyspark's Janino: a JRE has no compiler, and git no binary."""
    archives = jars.pyspark() / "jars"
    done = subprocess.run(
        [
            java.find().path,
            # Half of the time that Java takes by default for such a short program.
            *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{archives}/*"),
            *("org.codehaus.commons.compiler.samples.CompilerDemo", "-d", str(folder)),
            *("-classpath", os.pathsep.join(map(str, sorted(archives.glob("*.jar"))))),
            *map(str, sources),
        ],
        capture_output=True,
        text=True,
    )
    return " ".join(done.stderr.split())
