"""An object store that is away, fails or is slow, and a metastore that restarts, during a load."""

import time
from collections.abc import Callable

import pytest

from tests.cluster.conftest import compose, fault, running, tools, up
from tests.cluster.test_kills import RELOAD, loaded, read_until

pytestmark = pytest.mark.cluster
SECONDS = 30


def store_away() -> None:
    compose("stop", "store")
    time.sleep(SECONDS)
    compose("start", "store")


def store_fails() -> None:
    fault("error")
    time.sleep(SECONDS)
    fault("")


def store_is_slow() -> None:
    fault("slow")
    time.sleep(SECONDS)
    fault("")


def metastore_restarts() -> None:
    compose("restart", "metastore")


@pytest.mark.parametrize("happens", [store_away, store_fails, store_is_slow, metastore_restarts])
def test_a_load_waits_or_fails_with_the_reason_and_completes_later(demo, happens: Callable):
    before = loaded()
    with running(*RELOAD) as load:
        read_until(load.stdout, "pos.sales: loading")
        happens()
    assert load.returncode == 0 or "pos.sales: failed: " in load.output
    up()
    assert tools("lakehouse", "load").returncode == 0
    assert loaded() == before
