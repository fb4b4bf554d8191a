"""Additional jars for Spark (Delta, Hive's sessions, s3a), fetched by Ivy and verified.

spark/jars/ has the list of jars (ivy.xml), the repositories (ivysettings.xml) and the checksums
(SHA256SUMS, in the format of `sha256sum`).
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
    """Folder of the installed pyspark. Raises LakehouseError if it is not installed."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise LakehouseError("pyspark is not installed", "run: make setup")
    return Path(found.origin).parent


def expected() -> dict[str, str]:
    """SHA-256 checksums by jar name, from SHA256SUMS."""
    lines = (SPECIFICATION / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def faults(folder: Path = JARS) -> list[str]:
    """Problems of the jars in a folder; empty if there are none."""
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
            yield f"{path.name} is not in SHA256SUMS"


def require() -> Path:
    """Folder of the jars. Raises LakehouseError if one is missing."""
    missing = [name for name in expected() if not (JARS / name).exists()]
    if missing:
        raise LakehouseError(f"{len(missing)} of Spark's jars are missing", "run: make setup")
    return JARS


def ivy(arguments: list[str], cache: Path) -> None:
    """Run Ivy with the repositories of the project. Raises LakehouseError if it fails."""
    classpath = [*pyspark().glob("jars/ivy-*.jar"), *pyspark().glob("jars/commons-cli-*.jar")]
    command = [
        java.find().path,
        *("-cp", ":".join(map(str, classpath)), "org.apache.ivy.Main", "-warn"),
        *("-settings", str(SPECIFICATION / "ivysettings.xml")),
        *("-cache", str(cache)),
        *arguments,
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise LakehouseError(
            "jars could not be fetched from Maven Central",
            "check the network, or name a mirror in spark/jars/ivysettings.xml; run: make setup",
        )


def fetch() -> bool:
    """Fetch and install the jars; returns False if they are installed already.

    Raises LakehouseError, and installs nothing, if a jar cannot be fetched or has a wrong checksum.
    """
    if not faults():
        return False
    download = JARS.with_name("jars.download")
    shutil.rmtree(download, ignore_errors=True)
    pattern = str(download / "[artifact]-[revision].[ext]")
    ivy(["-ivy", str(SPECIFICATION / "ivy.xml"), "-retrieve", pattern], download / "cache")
    if wrong := faults(download):
        raise LakehouseError(
            f"the fetched jars do not match spark/jars/SHA256SUMS: {'; '.join(wrong)}",
            "do not use them: check the mirror",
        )
    shutil.rmtree(download / "cache")
    shutil.rmtree(JARS, ignore_errors=True)
    download.rename(JARS)
    return True
