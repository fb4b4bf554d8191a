"""For how long releases can be read. Pure functions, for releases and for maintenance alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import yaml

from lakehouse.settings import PROJECT
from releases.tables import MOVES, Release


def retention_days() -> int:
    """The variable release_retention_days of the dbt project, in days."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    return int(project["vars"]["release_retention_days"])


def expired(rows: Sequence[Release], days: int, now: datetime) -> set[int]:
    """The numbers of the releases that readers have not seen for more than `days` days."""
    moves = [each for each in rows if each.kind in MOVES]
    return {
        each.number
        for each, following in pairwise(moves)
        if following.at and following.at < now - timedelta(days=days)
    }


def keep_since(rows: Sequence[Release], days: int, now: datetime) -> datetime | None:
    """The time since which gold needs its removed files; None if there is no release.

    It is when the oldest version that a release still needs was published: that version was
    replaced later. A vacuum of gold must retain at least the hours since then.
    """
    gone = expired(rows, days, now)
    since: dict[tuple[str, int], datetime] = {}
    needed: set[tuple[str, int]] = set()
    for each in rows:
        if each.kind in MOVES and each.at:
            versions = {(name, model.version) for name, model in each.models.items()}
            for version in versions:
                since.setdefault(version, each.at)
            needed |= versions if each.number not in gone else set()
    return min((since[version] for version in needed), default=None)
