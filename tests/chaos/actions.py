"""Random actions on the files of a dataset, like those of people and programs.

The actions do not depend on the results of loads, so a seed repeats them.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.chaos.datasets import Dataset
from tests.chaos.deliveries import Delivery
from tests.chaos.landing import Action, Change, Landing, file_kind

# The name and new delivery of each file that an action changes; empty if it is not possible.
Changes = list[tuple[str, Delivery | None]]


def draw_action(landing: Landing, dataset: Dataset, random: Random) -> Action:
    """A random action that is possible with the present files; it is not applied yet."""
    while True:
        what, draw = random.choice(list(ACTIONS)), random.random()
        probability, draw_changes = ACTIONS[what]
        if draw < probability and (changes := draw_changes(landing, dataset, random)):
            return Action(what, tuple(Change(dataset, *change) for change in changes))


def _new(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    name = landing.new_name(dataset, random)
    return [(name, landing.new_delivery(dataset, random, name))]


def _several_new(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    return [file for _ in range(random.randint(2, 4)) for file in _new(landing, dataset, random)]


def _corrected(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    name = _present_name(landing, dataset, random)
    return name and [(name, landing.new_delivery(dataset, random, name))]


def _touched(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    name = _present_name(landing, dataset, random)
    return name and [
        (name, replace(landing.present[dataset.name][name], modified=landing.tick(random)))
    ]


def _deleted(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    name = _present_name(landing, dataset, random)
    return name and [(name, None)]


def _renamed(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    """The file keeps its modification time."""
    name = _present_name(landing, dataset, random)
    return name and [
        (name, None),
        (landing.similar_name(name), landing.present[dataset.name][name]),
    ]


def _moved_over_another(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    pair = _similar_files(landing, dataset, random)
    return pair and [(pair[0], None), (pair[1], landing.present[dataset.name][pair[0]])]


def _swapped(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    present = landing.present[dataset.name]
    pair = _similar_files(landing, dataset, random)
    return pair and [(pair[0], present[pair[1]]), (pair[1], present[pair[0]])]


def _rotated(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    """A rotation, as of log files: the file gets a new name, and a new file gets its old name."""
    name = _present_name(landing, dataset, random)
    new = name and landing.new_delivery(dataset, random, name)
    return name and [
        (landing.similar_name(name), landing.present[dataset.name][name]),
        (name, new),
    ]


def _copied(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    """A present or earlier delivery gets a new name and a new modification time."""
    if not landing.history[dataset.name]:
        return []
    name, delivery = random.choice(landing.history[dataset.name])
    return [(landing.similar_name(name), replace(delivery, modified=landing.tick(random)))]


def _restored(landing: Landing, dataset: Dataset, random: Random) -> Changes:
    """An earlier delivery replaces the present one, with its old modification time."""
    present = landing.present[dataset.name]
    earlier = [(n, d) for n, d in landing.history[dataset.name] if present.get(n) != d]
    return [random.choice(earlier)] if earlier else []


# By action: the probability that it is accepted when drawn, and the function for its changes.
ACTIONS: dict[str, tuple[float, Callable[[Landing, Dataset, Random], Changes]]] = {
    "new": (1, _new),
    "several new": (0.6, _several_new),
    "corrected": (1, _corrected),
    "touched": (0.7, _touched),
    "deleted": (0.6, _deleted),
    "renamed": (0.7, _renamed),
    "moved over another": (0.6, _moved_over_another),
    "swapped": (0.5, _swapped),
    "rotated": (0.5, _rotated),
    "copied": (0.6, _copied),
    "restored": (0.7, _restored),
}


def _present_name(landing: Landing, dataset: Dataset, random: Random) -> str:
    """The name of a random present file; empty if there is none."""
    names = sorted(landing.present[dataset.name])
    return random.choice(names) if names else ""


def _similar_files(landing: Landing, dataset: Dataset, random: Random) -> list[str]:
    """The names of two present files of the same kind; empty if there are none."""
    first = _present_name(landing, dataset, random)
    others = [
        name
        for name in sorted(landing.present[dataset.name])
        if name != first and file_kind(name) == file_kind(first)
    ]
    return [first, random.choice(others)] if others else []
