import zlib

import pytest

from lakehouse.settings import Settings
from tests.loaders.bench import Bench


@pytest.fixture
def bench(server, session, tmp_path, request) -> Bench:
    """A dataset of its own, called after the test."""
    settings = Settings(server.home, str(tmp_path), server.host, server.port)
    name = "".join(
        letter if letter.isalnum() else "_" for letter in request.node.name.removeprefix("test_")
    )
    # The parameters of a test stand at the end of its name.
    return Bench(settings, session, f"{name[:40]}_{zlib.crc32(name.encode()):08x}".lower())
