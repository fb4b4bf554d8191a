"""Reading landed files: one module a format, each with `look` and `reader`.

`look` opens a stored file and tells its shape, `reader` makes the scan of all
files of one shape. Nothing else knows how a format is read.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from loaders.context import Context
from loaders.formats import csv, json, parquet
from loaders.formats.reader import Reader, Rejected
from loaders.listing import LandedFile, Landing, Part

FORMATS = {"csv": csv, "json": json, "parquet": parquet}


@dataclass(frozen=True)
class Opened:
    """The readers of a batch's files, why files are rejected, and which are gone; files without rows are in none."""

    readers: list[Reader]
    rejected: dict[str, str]
    gone: set[str]


def open_readers(
    context: Context, files: Iterable[LandedFile], new_table: Callable[[], str]
) -> Opened:
    """Look into the files, and make a reader for each shape; `new_table` names a scratch table."""
    form = FORMATS[context.contract.using]
    shapes: dict[tuple[str, ...], list[tuple[LandedFile, Part]]] = {}
    opened = Opened([], {}, set())
    for file in files:
        try:
            for part in file.parts:
                _require_reachable(context.landing, part)
                shape = form.look(context, part)
                if shape is not None:
                    shapes.setdefault(shape, []).append((file, part))
        except Rejected as error:
            opened.rejected[file.name] = str(error)
        except FileNotFoundError:
            opened.gone.add(file.name)
    for shape, pairs in shapes.items():
        parts = [
            pair
            for pair in pairs
            if pair[0].name not in opened.rejected and pair[0].name not in opened.gone
        ]
        if parts:
            try:
                opened.readers.append(form.reader(context, new_table(), parts, shape))
            except Rejected as error:
                opened.rejected.update({file.name: str(error) for file, _ in parts})
    # A directory may hold parts of several shapes: it is read whole, or not at all.
    kept = {
        file.name for reader in opened.readers for file, _ in reader.parts
    } - opened.rejected.keys()
    return Opened(only(opened.readers, kept), opened.rejected, opened.gone)


def only(readers: Iterable[Reader], names: Collection[str]) -> list[Reader]:
    """The readers of some of their files."""
    return [kept for reader in readers if (kept := reader.only(names)).parts]


def _require_reachable(landing: Landing, part: Part) -> None:
    """Rejected for an object that Spark finds under no path, because paths have no such steps."""
    if not landing.local and {"", "."} & set(part.path.split("/")):
        raise Rejected(
            "its name has // or /./ in it or ends in /, and Spark does not find such an object: rename it"
        )
