"""A delivery: the content of a file in the landing folder at one time."""

from collections.abc import Iterator
from dataclasses import dataclass

# The bytes of a file, or the name and the bytes of each file in a directory.
Content = bytes | tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Delivery:
    """A file's content and modification time (milliseconds since 1970 UTC)."""

    content: Content
    modified: int


def is_directory(name: str) -> bool:
    """Whether a generated name is the name of a directory of parquet files."""
    return "_dir" in name


def data_files(content: Content) -> Iterator[bytes]:
    """The bytes of each data file: those whose names begin with "." or "_" are not data."""
    if isinstance(content, bytes):
        yield content
    else:
        yield from (data for name, data in content if not name.startswith((".", "_")))
