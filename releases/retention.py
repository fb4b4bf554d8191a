"""For how long releases can be read. Pure functions, for releases and for maintenance alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from lakehouse.settings import project_variable
from releases.tables import MOVES, Release


def retention_days() -> int:
    """The variable release_retention_days of the dbt project, in days."""
    return int(project_variable("release_retention_days"))


def expired(rows: Sequence[Release], days: int, now: datetime) -> set[int]:
    """The numbers of the releases that readers have not seen for more than `days` days."""
    moves = [each for each in rows if each.kind in MOVES]
    return {
        each.number
        for each, following in pairwise(moves)
        if following.at and following.at < now - timedelta(days=days)
    }


def needed(rows: Sequence[Release], days: int, now: datetime) -> dict[tuple[str, int], int]:
    """The models and versions that can be read, with the newest release that needs each."""
    gone = expired(rows, days, now)
    return {
        (name, model.version): each.number
        for each in rows
        if each.kind in MOVES and each.number not in gone
        for name, model in each.models.items()
    }
