"""File formats: one module per format, each with `read_schema` and `reader`.

`read_schema` reads the schema of one stored file, `reader` makes the Reader of all files with the
same schema.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from loaders.context import Context
from loaders.formats import csv, json, parquet
from loaders.formats.reader import Reader, Rejected
from loaders.listing import Delivery, Landing, Part

FORMATS = {"csv": csv, "json": json, "parquet": parquet}


@dataclass(frozen=True)
class Opened:
    """Readers of a batch's files, reasons of rejected files by name, and names of missing files.

    A CSV file without rows has no reader.
    """

    readers: list[Reader]
    rejected: dict[str, str]
    missing: set[str]


def open_readers(
    context: Context, files: Iterable[Delivery], new_table: Callable[[], str]
) -> Opened:
    """Read the schema of each file, and make one reader per schema; `new_table` names a table."""
    module = FORMATS[context.contract.using]
    schemas: dict[tuple[str, ...], list[tuple[Delivery, Part]]] = {}
    opened = Opened([], {}, set())
    for file in files:
        try:
            for part in file.parts:
                _require_reachable(context.landing, part)
                schema = module.read_schema(context, part)
                if schema is not None:
                    schemas.setdefault(schema, []).append((file, part))
        except Rejected as error:
            opened.rejected[file.name] = str(error)
        except FileNotFoundError:
            opened.missing.add(file.name)
    for schema, pairs in schemas.items():
        parts = [
            pair
            for pair in pairs
            if pair[0].name not in opened.rejected and pair[0].name not in opened.missing
        ]
        if parts:
            try:
                opened.readers.append(module.reader(context, new_table(), parts, schema))
            except Rejected as error:
                opened.rejected.update({file.name: str(error) for file, _ in parts})
    # If one part of a directory is rejected, the whole directory is.
    kept = {
        file.name for reader in opened.readers for file, _ in reader.parts
    } - opened.rejected.keys()
    return Opened(only(opened.readers, kept), opened.rejected, opened.missing)


def only(readers: Iterable[Reader], names: Collection[str]) -> list[Reader]:
    """The readers, restricted to the named files."""
    return [kept for reader in readers if (kept := reader.only(names)).parts]


def _require_reachable(landing: Landing, part: Part) -> None:
    """Raise Rejected for an object whose name Spark cannot address as a path."""
    if not landing.local and {"", "."} & set(part.path.split("/")):
        raise Rejected(
            "its name contains // or /./ or ends with /, and Spark cannot find such an object: "
            "rename it"
        )
