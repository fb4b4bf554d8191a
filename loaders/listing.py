"""The files that lie in the landing folder, local or in an object store (fsspec)."""

import hashlib
import math
import os
import re
import stat
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import BinaryIO
from urllib.parse import quote

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import glob_translate

from lakehouse.errors import LakehouseError
from loaders.contract import Rules

# Where an object store is, and who asks: s3fs and Spark read both from here.
VARIABLES = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# What a path cannot have in a URI, beside what is not ASCII.
ODD = re.compile(r"[^A-Za-z0-9/\-_.!~*'(),;:$&+=@]")
# What is fetched ahead of an object: mostly its header or footer is wanted.
BLOCK = 256 << 10


class Skipped(Exception):
    """Why something that lies in landing is no file to load."""


@dataclass(frozen=True)
class Part:
    """One stored file: size in bytes, modified in milliseconds since 1970 UTC.

    `path` is fsspec's, `uri` is Spark's `_metadata.file_path`; `etag` is the
    object store's mark of the content, empty where there is none.
    """

    path: str
    uri: str
    size: int
    modified: int
    etag: str = ""


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

    @property
    def etag(self) -> str:
        """A digest of the store's ETags, which stand for the content; empty where there are none."""
        if not all(part.etag for part in self.parts):
            return ""
        return hashlib.blake2b(
            "".join(part.etag for part in self.parts).encode(), digest_size=16
        ).hexdigest()


@dataclass(frozen=True)
class Listing:
    """What lies below a location: its deliveries, the names of all its files, and what is skipped with the reason."""

    location: str
    files: tuple[LandedFile, ...]
    names: frozenset[str]
    skipped: tuple[str, ...] = ()

    def complete(self, rules: Rules, now: datetime) -> list[LandedFile]:
        """The deliveries that a contract's rules want and hold for complete."""
        wanted = re.compile(glob_translate(rules.glob))
        # Without a grace period a clock that is ahead delays nothing.
        latest = (now.timestamp() - rules.grace_seconds) * 1000 if rules.grace_seconds else math.inf
        # A marker named after its file looks like a file itself.
        markers = {_marker(file.name, rules) for file in self.files if rules.done_marker}
        return [
            file
            for file in self.files
            if wanted.match(file.name.removeprefix(f"{self.location}/"))
            and file.modified <= latest
            and file.name not in markers
            and (not rules.done_marker or not self.names.isdisjoint(_places(file, rules)))
        ]


def _marker(name: str, rules: Rules) -> str:
    folder, _, last = name.rpartition("/")
    return f"{folder}/{rules.done_marker.replace('{name}', last)}"


def _places(file: LandedFile, rules: Rules) -> set[str]:
    """Where the marker of a file may lie: beside it, or in a directory that is one delivery."""
    return {_marker(file.name, rules), f"{file.name}/{rules.done_marker}"}


class Landing:
    """The landing root: a folder, or a URL that fsspec knows (s3://bucket/landing)."""

    def __init__(self, url: str):
        try:
            # A folder's name may hold what chains URLs (a::b).
            self.fs, root = (
                fsspec.url_to_fs(url) if not url.startswith("/") else (LocalFileSystem(), url)
            )
        except ImportError as error:
            raise LakehouseError(
                f"LAKEHOUSE_LANDING is {url}: {error}", "run: pip install s3fs"
            ) from None
        except ValueError as error:
            raise LakehouseError(
                f"LAKEHOUSE_LANDING is {url}: {error}", "name a folder, or s3://bucket/folder"
            ) from None
        self.root = str(root).rstrip("/")

    @property
    def local(self) -> bool:
        """Whether it is a folder."""
        return isinstance(self.fs, LocalFileSystem)

    def names(self) -> list[str]:
        """What lies at the root; LakehouseError when the store does not tell."""
        self.fs.invalidate_cache()
        with self._asking():
            try:
                return self.fs.ls(self.root, detail=False)
            except FileNotFoundError:
                # A folder is in a store as soon as something is in it. The bucket has to be there.
                self.fs.ls(self.root.partition("/")[0])
                return []

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except LakehouseError:
            raise
        except Exception as error:
            # Each store has errors of its own.
            raise LakehouseError(
                f"the landing folder {self.location(self.root)} cannot be listed: {error}",
                f"check its name, and {', '.join(VARIABLES)}",
            ) from error

    def location(self, path: str) -> str:
        """A path as Spark reads it: `file:/a b`, `s3a://bucket/key`."""
        protocol = self.fs.protocol if isinstance(self.fs.protocol, str) else self.fs.protocol[0]
        return {"file": "file:", "s3": "s3a://"}.get(protocol, f"{protocol}://") + path

    def listing(self, location: str) -> Listing:
        """All deliveries below a location, by name; none when it does not exist."""
        parts, skipped = self._parts(location)
        files = tuple(
            LandedFile(name, tuple(parts[member] for member in members))
            for name, members in deliveries(location, parts).items()
        )
        return Listing(location, files, frozenset(parts), tuple(skipped))

    def unchanged(self, location: str, files: Collection[LandedFile]) -> set[str]:
        """The names of those of these files that still lie there with the same size and time.

        A folder is asked for each file, a store is listed once.
        """
        if self.local:
            return {file.name for file in files if self._lies_there(location, file)}
        there = set(self.listing(location).files)
        return {file.name for file in files if file in there}

    def _lies_there(self, location: str, file: LandedFile) -> bool:
        if file.parts[0].path == f"{self.root}/{file.name}":
            return self._local_part(file.parts[0].path) == file.parts[0]
        parts, _ = self._parts(file.name)
        return (
            tuple(parts[name] for name in deliveries(location, parts).get(file.name, ()))
            == file.parts
        )

    def _parts(self, location: str) -> tuple[dict[str, Part], list[str]]:
        """The stored files below a location by name, and what is skipped with the reason."""
        self.fs.invalidate_cache()
        parts, skipped = {}, []
        with self._asking():
            for path, info in self.fs.find(f"{self.root}/{location}", detail=True).items():
                name = path.removeprefix(f"{self.root}/")
                try:
                    part = self._local_part(path) if self.local else self._stored_part(path, info)
                except Skipped as reason:
                    if not _hidden(name.rpartition("/")[2]):
                        skipped.append(
                            f"{os.fsencode(name).decode(errors='backslashreplace')} was skipped: {reason}"
                        )
                else:
                    if part:
                        parts[name] = part
        return parts, skipped

    def _local_part(self, path: str) -> Part | None:
        """A file as Spark sees it, a link as what it leads to; None when that is gone.

        Raises Skipped for what no load can read.
        """
        try:
            path.encode()
            found = os.stat(path)
        except UnicodeEncodeError:
            raise Skipped("its name is not UTF-8") from None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Skipped(str(error.strerror)) from None
        if stat.S_ISDIR(found.st_mode):
            raise Skipped("it is a link to a folder; mount the folder there, or link its files")
        if not stat.S_ISREG(found.st_mode):
            raise Skipped("it is no regular file")
        return Part(
            path, encoded(self.location(path)), found.st_size, found.st_mtime_ns // 1_000_000
        )

    def _stored_part(self, path: str, info: Mapping) -> Part | None:
        """An object of a store; None for an empty one that stands for a folder."""
        if not info["size"] and path.endswith("/"):
            return None
        modified = info.get("LastModified") or info.get("last_modified") or self.fs.modified(path)
        etag = str(info.get("ETag", "")).strip('"')
        return Part(
            path,
            encoded(self.location(path)),
            info["size"],
            round(modified.timestamp() * 1000),
            etag,
        )

    def open(self, part: Part, *, unpacked: bool = False) -> BinaryIO:
        """The bytes of a part; `unpacked` of a gzip file."""
        return self.fs.open(
            part.path, "rb", block_size=BLOCK, compression="gzip" if unpacked else None
        )


def encoded(path: str) -> str:
    """A path percent-encoded as java.net.URI does it, on which Spark's file_path rests."""

    def one(found: re.Match) -> str:
        character = found[0]
        stays = ord(character) > 127 and unicodedata.category(character) not in (
            "Cc",
            "Zs",
            "Zl",
            "Zp",
        )
        return character if stays else quote(character)

    return ODD.sub(one, path)


def _hidden(name: str) -> bool:
    # Spark ignores these as well: checksums, _SUCCESS, files being written.
    return name.startswith((".", "_"))


def deliveries(location: str, paths: Iterable[str]) -> dict[str, list[str]]:
    """The files of each delivery, by its name.

    The topmost folder below the location that holds a _SUCCESS, or is called
    *.parquet, is one delivery; every other file is one by itself.
    """
    paths = sorted(paths)
    finished = {path.rpartition("/")[0] for path in paths if path.endswith("/_SUCCESS")}

    @cache
    def whole(folder: str) -> str | None:
        """The delivery that a folder is part of; empty where its files are their own, None where it is hidden."""
        if not folder.startswith(f"{location}/"):
            return ""
        outer, _, name = folder.rpartition("/")
        around = whole(outer)
        if around is None or _hidden(name):
            return None
        return around or (folder if name.endswith(".parquet") or folder in finished else "")

    found: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        one = whole(folder)
        if one is not None and not _hidden(name):
            found.setdefault(one or path, []).append(path)
    return found
