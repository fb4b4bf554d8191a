"""The files that lie in the landing folder."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """One file on disk: size in bytes, modified in milliseconds since 1970 UTC."""

    path: Path
    size: int
    modified: int


@dataclass(frozen=True)
class LandedFile:
    """One delivery: a file, or a directory as Spark writes it.

    `name` is relative to the landing root, with / between folders.
    """

    name: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def modified(self) -> int:
        """When the newest part was modified, in milliseconds since 1970 UTC."""
        return max(part.modified for part in self.parts)

    def checksum(self) -> str:
        """The BLAKE2 digest of its content, part by part."""
        digest = hashlib.blake2b(digest_size=16)
        for part in self.parts:
            with open(part.path, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


def _hidden(name: str) -> bool:
    # Spark ignores these as well: checksums, _SUCCESS, files being written.
    return name.startswith((".", "_"))


def _is_one_delivery(folder: Path) -> bool:
    return folder.name.endswith(".parquet") or (folder / "_SUCCESS").exists()


def _deliveries(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if _hidden(entry.name):
            continue
        if entry.is_dir() and not _is_one_delivery(entry):
            yield from _deliveries(entry)
        else:
            yield entry


def _files(delivery: Path) -> Iterator[Path]:
    if delivery.is_file():
        yield delivery
    for folder, folders, files in os.walk(delivery):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        yield from (Path(folder, name) for name in sorted(files) if not _hidden(name))


def _part(path: Path) -> Part:
    facts = path.stat()
    return Part(path, facts.st_size, facts.st_mtime_ns // 1_000_000)


def look(landing: Path, name: str) -> LandedFile | None:
    """One delivery by its name, as it is now; None when it is gone."""
    try:
        parts = tuple(_part(path) for path in _files(landing / name))
    except FileNotFoundError:
        return None
    return LandedFile(name, parts) if parts else None


def listing(landing: Path, location: str) -> list[LandedFile]:
    """All deliveries below a location, by name; none when it does not exist."""
    folder = landing / location
    if not folder.is_dir():
        return []
    names = (delivery.relative_to(landing).as_posix() for delivery in _deliveries(folder))
    return [found for name in names if (found := look(landing, name))]
