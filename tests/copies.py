"""Copies of the project, for tests that change it."""

import shutil
import subprocess
from pathlib import Path

from lakehouse.settings import PROJECT


def copy_of_the_project(folder: Path) -> Path:
    """The files of the repository that git knows or would add, in another folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if (PROJECT / name).is_file():
            shutil.copy2(PROJECT / name, path, follow_symlinks=False)
    if not (folder / "dbt_packages").exists():
        (folder / "dbt_packages").symlink_to(PROJECT / "dbt_packages")
    return folder
