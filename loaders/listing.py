"""Listing of the landing folder, local or in an object store (fsspec)."""

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

# Address and credentials of the object store, for both s3fs and Spark.
VARIABLES = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# ASCII characters that are percent-encoded in a URI.
NOT_IN_URI = re.compile(r"[^A-Za-z0-9/\-_.!~*'(),;:$&+=@]")
# Read-ahead of an object, in bytes: only its header or footer is read.
BLOCK_BYTES = 256 << 10


class Skipped(Exception):
    """The reason why an entry of the landing folder is skipped."""


@dataclass(frozen=True)
class Part:
    """One stored file: size in bytes, modified in milliseconds since 1970 UTC.

    `path` is the path in fsspec, `uri` the value of Spark's `_metadata.file_path`. `etag` is empty
    for a local file.
    """

    path: str
    uri: str
    size: int
    modified: int
    etag: str = ""


@dataclass(frozen=True)
class Delivery:
    """A file, or a directory written by Spark.

    `name` is the path relative to the landing folder, with / as separator.
    """

    name: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """Size of all parts, in bytes."""
        return sum(part.size for part in self.parts)

    @property
    def modified(self) -> int:
        """Modification time of the newest part, in milliseconds since 1970 UTC."""
        return max(part.modified for part in self.parts)

    @property
    def etag(self) -> str:
        """Digest of the ETags of all parts; empty for local files."""
        if not all(part.etag for part in self.parts):
            return ""
        return hashlib.blake2b(
            "".join(part.etag for part in self.parts).encode(), digest_size=16
        ).hexdigest()


@dataclass(frozen=True)
class Listing:
    """Deliveries below a location, names of all files, and messages about what is not listed."""

    location: str
    files: tuple[Delivery, ...]
    names: frozenset[str]
    skipped: tuple[str, ...] = ()

    def complete(self, rules: Rules, now: datetime) -> list[Delivery]:
        """The deliveries that match the glob and are complete by grace_seconds and done_marker."""
        wanted = re.compile(glob_translate(rules.glob))
        # Without a grace period, a file with a time in the future is complete too.
        latest = (now.timestamp() - rules.grace_seconds) * 1000 if rules.grace_seconds else math.inf
        # A marker such as {name}.done is listed like a delivery.
        markers = {_marker(file.name, rules) for file in self.files if rules.done_marker}
        return [
            file
            for file in self.files
            if wanted.match(file.name.removeprefix(f"{self.location}/"))
            and file.modified <= latest
            and file.name not in markers
            and (not rules.done_marker or not self.names.isdisjoint(_marker_paths(file, rules)))
        ]


def _marker(name: str, rules: Rules) -> str:
    folder, _, last = name.rpartition("/")
    return f"{folder}/{rules.done_marker.replace('{name}', last)}"


def _marker_paths(file: Delivery, rules: Rules) -> set[str]:
    """Possible paths of the marker: beside the file, or in the directory of the delivery."""
    return {_marker(file.name, rules), f"{file.name}/{rules.done_marker}"}


class Landing:
    """The landing folder: a local folder, or a URL for fsspec (s3://bucket/landing)."""

    def __init__(self, url: str):
        try:
            # A local path may contain ::, which fsspec reads as chained URLs.
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
        """Whether it is a local folder."""
        return isinstance(self.fs, LocalFileSystem)

    def names(self) -> list[str]:
        """Paths of the entries at the root. Raises LakehouseError if the store cannot be listed."""
        self.fs.invalidate_cache()
        with self._store_errors():
            try:
                return self.fs.ls(self.root, detail=False)
            except FileNotFoundError:
                # An empty folder does not exist in a store, but the bucket must.
                self.fs.ls(self.root.partition("/")[0])
                return []

    @contextmanager
    def _store_errors(self) -> Iterator[None]:
        try:
            yield
        except LakehouseError:
            raise
        except Exception as error:
            # Stores have no common error class.
            raise LakehouseError(
                f"the landing folder {self.location(self.root)} cannot be listed: {error}",
                f"check its name, and {', '.join(VARIABLES)}",
            ) from error

    def location(self, path: str) -> str:
        """Path for Spark, not encoded: `file:/a b`, `s3a://bucket/key`."""
        protocol = self.fs.protocol if isinstance(self.fs.protocol, str) else self.fs.protocol[0]
        return {"file": "file:", "s3": "s3a://"}.get(protocol, f"{protocol}://") + path

    def listing(self, location: str) -> Listing:
        """All deliveries below a location, sorted by name; none if it does not exist."""
        parts, skipped = self._parts(location)
        if not parts and not skipped and not self._exists(location):
            skipped.append(
                f"there is no folder {self._shown(location)}: "
                "put files there, or correct external.location"
            )
        files = tuple(
            Delivery(name, tuple(parts[member] for member in members))
            for name, members in deliveries(location, parts).items()
        )
        return Listing(location, files, frozenset(parts), tuple(skipped))

    def unchanged(self, location: str, files: Collection[Delivery]) -> set[str]:
        """Names of the files that still have the same size, time and ETag.

        A local file is checked by itself; a store is listed once.
        """
        if self.local:
            return {file.name for file in files if self._is_unchanged(location, file)}
        there = set(self.listing(location).files)
        return {file.name for file in files if file in there}

    def _is_unchanged(self, location: str, file: Delivery) -> bool:
        if file.parts[0].path == f"{self.root}/{file.name}":
            return self._local_part(file.parts[0].path) == file.parts[0]
        parts, _ = self._parts(file.name)
        return (
            tuple(parts[name] for name in deliveries(location, parts).get(file.name, ()))
            == file.parts
        )

    def _exists(self, location: str) -> bool:
        with self._store_errors():
            return self.fs.exists(f"{self.root}/{location}")

    def _shown(self, location: str) -> str:
        path = f"{self.root}/{location}"
        return path if self.local else self.fs.unstrip_protocol(path)

    def _parts(self, location: str) -> tuple[dict[str, Part], list[str]]:
        """Stored files below a location, by name, and messages about skipped entries."""
        self.fs.invalidate_cache()
        parts, skipped = {}, []
        with self._store_errors():
            for path, info in self.fs.find(f"{self.root}/{location}", detail=True).items():
                name = path.removeprefix(f"{self.root}/")
                try:
                    part = self._local_part(path) if self.local else self._stored_part(path, info)
                except Skipped as reason:
                    if not _hidden(name.rpartition("/")[2]):
                        skipped.append(
                            f"{os.fsencode(name).decode(errors='backslashreplace')} "
                            f"was skipped: {reason}"
                        )
                else:
                    if part:
                        parts[name] = part
        return parts, skipped

    def _local_part(self, path: str) -> Part | None:
        """A local file, with links followed; None if it does not exist.

        Raises Skipped for an entry that cannot be loaded.
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
            raise Skipped("it is not a regular file")
        return Part(
            path, encoded(self.location(path)), found.st_size, found.st_mtime_ns // 1_000_000
        )

    def _stored_part(self, path: str, info: Mapping) -> Part | None:
        """An object of a store; None for an empty object that represents a folder."""
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
        """Open a part for reading bytes; `unpacked`: decompress gzip."""
        return self.fs.open(
            part.path, "rb", block_size=BLOCK_BYTES, compression="gzip" if unpacked else None
        )


def encoded(path: str) -> str:
    """A path percent-encoded like java.net.URI, as in Spark's `_metadata.file_path`."""

    def one(found: re.Match) -> str:
        character = found[0]
        stays = ord(character) > 127 and unicodedata.category(character) not in (
            "Cc",
            "Zs",
            "Zl",
            "Zp",
        )
        return character if stays else quote(character)

    return NOT_IN_URI.sub(one, path)


def _hidden(name: str) -> bool:
    # Spark ignores these too: checksums, _SUCCESS, temporary files.
    return name.startswith((".", "_"))


def deliveries(location: str, paths: Iterable[str]) -> dict[str, list[str]]:
    """Paths of the files of each delivery, by its name.

    A folder that has a _SUCCESS file or is called *.parquet is one delivery, with all its
    subfolders. Every other file is a delivery of its own.
    """
    paths = sorted(paths)
    finished = {path.rpartition("/")[0] for path in paths if path.endswith("/_SUCCESS")}

    @cache
    def whole(folder: str) -> str | None:
        """Delivery that a folder belongs to; empty if there is none, None if it is hidden."""
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
