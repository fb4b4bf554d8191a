"""Follows a page: writes its files, makes its edits, runs its commands. Run it in the project.

A code block is commands (`sh`), what they print (`text`), an edit (`diff`), or the text of a file.
The path of an edit or a file is the last `path/with.a.name` before the block.
"""

import contextlib
import io
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner
from dbt.cli.main import dbtRunner

from ops.cli import main

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"`(\w[\w./-]*/[\w.-]+\.\w+)`")


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Language, content and path of each code block."""
    for block in BLOCK.finditer(page):
        paths = PATH.findall(BLOCK.sub("", page[: block.start()]))
        yield block[1], block[2], paths[-1] if paths else ""


def run(command: str) -> tuple[int, str]:
    """Exit code and output of a command, run in this process."""
    program, *arguments = shlex.split(command)
    if program == "lakehouse":
        result = CliRunner().invoke(main, arguments)
        return result.exit_code, result.output
    with contextlib.redirect_stdout(io.StringIO()) as said:
        success = dbtRunner().invoke(arguments).success
    return 0 if success else 1, said.getvalue()


def edit(path: Path, diff: str) -> None:
    """Make the edit of a diff; its lines must occur once."""
    old, new = (
        "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] != other)
        for other in "+-"
    )
    assert path.read_text().count(old) == 1, f"{path} does not have:\n{old}"
    path.write_text(path.read_text().replace(old, new))


def follow(page: str) -> Iterator[dict]:
    """The commands of each `sh` block with exit codes and outputs, and what the page shows."""
    done: dict = {}
    for language, content, path in blocks(page):
        if language == "sh":
            runs = [(command, *run(command)) for command in content.splitlines()]
            done = {"runs": runs, "shown": ""}
            yield done
        elif language == "text":
            done["shown"] = content
        elif language == "diff":
            edit(Path(path), content)
        else:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(content)


if __name__ == "__main__":
    json.dump(list(follow(Path(sys.argv[1]).read_text())), sys.stdout)
