"""Ten people at once on two workers."""

import json

import pytest

from lakehouse.settings import PROJECT
from tests.cluster.conftest import TOOLS, docker

pytestmark = pytest.mark.cluster
# Two cores for ten people: with fair shares, each takes at most five times as long as alone.
FAIR = 10 / 2
STARVED = 3


def test_ten_people_at_once_all_finish_and_none_starves(demo):
    script = (PROJECT / "tests" / "cluster" / "people.py").read_text()
    done = docker("exec", "--interactive", TOOLS, "python", "-", input=script)
    times = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(times, indent=1))
    starved = {
        person: (seconds, times["alone"][person.split()[0]])
        for person, seconds in times["together"].items()
        if seconds > STARVED * FAIR * times["alone"][person.split()[0]]
    }
    assert not starved
