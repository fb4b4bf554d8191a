import pytest

from lakehouse.settings import Settings
from tests.loaders.bench import Bench


@pytest.fixture
def bench(server, session, tmp_path, request) -> Bench:
    """A dataset of its own, called after the test."""
    settings = Settings(server.home, str(tmp_path), server.host, server.port)
    name = "".join(letter if letter.isalnum() else "_" for letter in request.node.name.removeprefix("test_"))
    return Bench(settings, session, name[:60].lower())
