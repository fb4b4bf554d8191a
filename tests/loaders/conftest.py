import zlib

import pytest

from lakehouse.settings import Settings
from tests.loaders.bench import Bench


@pytest.fixture
def bench(server, session, tmp_path, request) -> Bench:
    """A new dataset with the name of the test."""
    settings = Settings(server.home, str(tmp_path), server.host, server.port)
    name = "".join(
        letter if letter.isalnum() else "_" for letter in request.node.name.removeprefix("test_")
    )
    # The name of a test ends with its parameters.
    return Bench(settings, session, f"{name[:40]}_{zlib.crc32(name.encode()):08x}".lower())
