"""Spark's additional jars (Delta, Hive's sessions, s3a): fetched once by Ivy, verified, kept with the installation.

What is fetched is in spark/jars/ivy.xml, from where in ivysettings.xml, and
what it must be in SHA256SUMS (the format of `sha256sum`).
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from lakehouse.errors import LakehouseError
from lakehouse.settings import JARS, SPARK_CONF
from ops import java

SPECIFICATION = SPARK_CONF / "jars"


def pyspark() -> Path:
    """The folder of pip's pyspark; LakehouseError when it is not installed."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise LakehouseError("pyspark is not installed", "run: make setup")
    return Path(found.origin).parent


def expected() -> dict[str, str]:
    """Jar name -> SHA-256, as committed."""
    lines = (SPECIFICATION / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def faults(folder: Path = JARS) -> list[str]:
    """What is wrong with the jars in a folder, a phrase each; empty when sound."""
    return list(_faults(folder))


def _faults(folder: Path) -> Iterator[str]:
    for name, digest in expected().items():
        path = folder / name
        if not path.exists():
            yield f"{name} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"{name} has a wrong checksum"
    for path in folder.glob("*.jar"):
        if path.name not in expected():
            yield f"{path.name} does not belong there"


def require() -> Path:
    """The folder of the jars; LakehouseError when they are not all there."""
    missing = [name for name in expected() if not (JARS / name).exists()]
    if missing:
        raise LakehouseError(f"{len(missing)} of Spark's jars are missing", "run: make setup")
    return JARS


def fetch() -> bool:
    """Bring the jars into place; False when they were there already.

    Raises LakehouseError when they cannot be fetched or are not what was
    expected; nothing is put into place then.
    """
    if not faults():
        return False
    arriving = JARS.with_name("jars.arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    classpath = [*pyspark().glob("jars/ivy-*.jar"), *pyspark().glob("jars/commons-cli-*.jar")]
    command = [
        java.find().path,
        *("-cp", ":".join(map(str, classpath)), "org.apache.ivy.Main", "-warn"),
        *("-settings", str(SPECIFICATION / "ivysettings.xml")),
        *("-ivy", str(SPECIFICATION / "ivy.xml")),
        *("-cache", str(arriving / "cache")),
        *("-retrieve", str(arriving / "[artifact]-[revision].[ext]")),
    ]
    ivy = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ivy.returncode:
        print(ivy.stdout, file=sys.stderr)
        raise LakehouseError(
            "Spark's jars could not be fetched from Maven Central",
            "check the network, or name a mirror in spark/jars/ivysettings.xml; run: make setup",
        )
    if wrong := faults(arriving):
        raise LakehouseError(
            f"the fetched jars are not what spark/jars/SHA256SUMS expects: {'; '.join(wrong)}",
            "do not use them: find out what the mirror served",
        )
    shutil.rmtree(arriving / "cache")
    shutil.rmtree(JARS, ignore_errors=True)
    arriving.rename(JARS)
    return True
