"""The random files and actions, without a server."""

from random import Random

import pytest

from tests.chaos.actions import draw_action
from tests.chaos.datasets import DATASETS, NEWEST
from tests.chaos.generator.files import draw_content, new_name
from tests.chaos.landing import Landing
from tests.chaos.oracle.reading import Reading, read


def test_a_seed_repeats_its_files():
    def actions(seed: str) -> list[str]:
        landing, random, drawn = Landing(), Random(seed), []
        for _ in range(60):
            action = draw_action(landing, random.choice(DATASETS), random)
            landing.record(action)
            drawn.append(repr(action))
        return drawn

    assert actions("7/1") == actions("7/1") != actions("7/2")


def outcome(reading: Reading) -> str:
    if reading.file_error:
        return "invalid"
    if not reading.count:
        return "empty"
    if reading.over_limit:
        return "over the limit"
    return "some rejects" if reading.rejects else "no rejects"


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_every_outcome_of_a_file_is_generated(dataset):
    found = set()
    for seed in range(80):
        random = Random(seed)
        name = new_name(dataset, random, seed)
        found.add(outcome(read(dataset, name, draw_content(dataset, random, name))))
    outcomes = {"invalid", "empty", "over the limit", "some rejects", "no rejects"}
    # Without a header every text file is valid.
    assert found == outcomes - ({"invalid"} if dataset is NEWEST else set())
