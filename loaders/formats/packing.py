"""Which text files are packed, and how; only gzip is read."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from loaders.formats.reader import Rejected
from loaders.listing import Landing, Part

# Hadoop unpacks some of these by their names, and takes junk for the length of a buffer: the server runs out of memory.
REFUSED = (
    *(".bz2", ".deflate", ".snappy", ".lz4", ".lzo", ".zst", ".zstd", ".xz", ".lzma", ".br", ".z"),
    *(".zip", ".7z", ".rar", ".tar", ".tgz", ".jar"),
)
MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "packed with gzip",
    b"\xfd7zXZ\x00": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"BZh91AY&SY": "packed with bzip2",
    b"PAR1": "parquet",
}
REMEDY = "deliver it plain, or packed with gzip and called *.gz"


@contextmanager
def opened(landing: Landing, part: Part) -> Iterator[IO[bytes]]:
    """The bytes of a text file, unpacked where it is called *.gz.

    Raises Rejected for another packing, and for a file that cannot be read.
    """
    name = part.path.rpartition("/")[2].lower()
    if name.endswith(REFUSED):
        raise Rejected(f"a file called *{name[name.rindex('.') :]} is not read: {REMEDY}")
    try:
        with landing.open(part, unpacked=part.path.endswith(".gz")) as stored:
            start = stored.read(16)
            for magic, what in MAGIC.items():
                if start.startswith(magic):
                    raise Rejected(f"its content is {what}: {REMEDY}")
            stored.seek(0)
            yield stored
    except FileNotFoundError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise Rejected(f"it cannot be read: {error}") from error
