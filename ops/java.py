"""Detection of the Java for Spark."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from lakehouse.errors import LakehouseError

SUPPORTED = (17, 21)
REMEDY = (
    "install Java 17 or 21 (Debian: apt-get install openjdk-17-jre-headless; "
    "macOS: brew install openjdk@17) and put it on PATH or set JAVA_HOME"
)


@dataclass(frozen=True)
class Java:
    path: str
    major: int


def major_version(text: str) -> int | None:
    """Major version in the output of `java -version`; None if there is none.

    The version of Java 8 is 1.8, of Java 17 it is 17.0.15.
    """
    match = re.search(r'version "(\d+)(?:\.(\d+))?', text)
    if not match:
        return None
    first, second = match.groups()
    return int(second) if first == "1" and second else int(first)


def find() -> Java:
    """The Java that Spark's launcher uses: from JAVA_HOME, else from PATH.

    Raises LakehouseError if there is none, or its version is not supported.
    """
    home = os.environ.get("JAVA_HOME")
    path = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if not path or not os.access(path, os.X_OK):
        where = f"JAVA_HOME is {home}, which has no bin/java" if home else "no java on PATH"
        raise LakehouseError(f"Java was not found: {where}", REMEDY)
    shown = subprocess.run([path, "-version"], capture_output=True, text=True)
    major = major_version(shown.stderr + shown.stdout)
    if major not in SUPPORTED:
        raise LakehouseError(f"{path} is Java {major}; Spark 4.2 runs on 17 or 21", REMEDY)
    return Java(path, major)
