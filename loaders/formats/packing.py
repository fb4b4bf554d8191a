"""Compressed text files: gzip is read, other compressions are rejected."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from loaders.formats.reader import Rejected
from loaders.listing import Landing, Part

# Hadoop decompresses some of these by extension. It may take invalid content for the length of a
# buffer, and exhaust the server's memory.
REFUSED = (
    *(".bz2", ".deflate", ".snappy", ".lz4", ".lzo", ".zst", ".zstd", ".xz", ".lzma", ".br", ".z"),
    *(".zip", ".7z", ".rar", ".tar", ".tgz", ".jar"),
)
MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "compressed with gzip",
    b"\xfd7zXZ\x00": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"BZh91AY&SY": "compressed with bzip2",
    b"PAR1": "parquet",
}
REMEDY = "deliver it uncompressed, or compressed with gzip under a name with .gz"


@contextmanager
def opened(landing: Landing, part: Part) -> Iterator[IO[bytes]]:
    """Open a text file for reading bytes; *.gz is decompressed.

    Raises Rejected for another compression, and for a file that cannot be read.
    """
    name = part.path.rpartition("/")[2].lower()
    if name.endswith(REFUSED):
        raise Rejected(
            f"files with extension {name[name.rindex('.') :]} are not supported: {REMEDY}"
        )
    try:
        with landing.open(part, unpacked=part.path.endswith(".gz")) as stored:
            start = stored.read(16)
            for magic, kind in MAGIC.items():
                if start.startswith(magic):
                    raise Rejected(f"its content is {kind}: {REMEDY}")
            stored.seek(0)
            yield stored
    except FileNotFoundError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise Rejected(f"it cannot be read: {error}") from error
