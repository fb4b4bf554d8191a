"""Uninstall the packages of developers: what the lakehouse and its extras do not require."""

import subprocess
import sys
from importlib.metadata import distribution, distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def required(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> None:
    """Add the distribution and, in turn, what it requires here to `seen`, with extras."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    for line in distribution(name).requires or ():
        one = Requirement(line)
        wanted = not one.marker or any(
            one.marker.evaluate({"extra": extra}) for extra in extras or {""}
        )
        if wanted:
            required(canonicalize_name(one.name), frozenset(one.extras), seen)


seen: set[tuple[str, frozenset[str]]] = set()
required("retail-lakehouse", frozenset({"cluster", "s3"}), seen)
installed = {canonicalize_name(one.metadata["Name"]) for one in distributions()}
unused = sorted(installed - {name for name, _ in seen})
subprocess.run([sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", *unused], check=True)
