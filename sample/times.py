"""Days and times: a time is an integer of milliseconds since 1970 UTC."""

from datetime import date, timedelta
from functools import cache

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = date(1970, 1, 1)


def midnight(day: date) -> int:
    """The time at which a day begins, UTC."""
    return (day - EPOCH).days * DAY


def day_of(time: int) -> date:
    """The day of a time, UTC."""
    return _day(time // DAY)


@cache
def _day(number: int) -> date:
    return EPOCH + timedelta(number)


@cache
def _day_text(number: int) -> str:
    return _day(number).isoformat()


def text(time: int, hours: int = 0) -> str:
    """A time as ISO 8601 with an offset of so many hours, 0 to 9; `Z` without one."""
    number, rest = divmod(time + hours * HOUR, DAY)
    seconds, fraction = divmod(rest, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    zone = f"+{hours:02d}:00" if hours else "Z"
    part = f".{fraction:03d}" if fraction else ""
    return f"{_day_text(number)}T{hour:02d}:{minute:02d}:{second:02d}{part}{zone}"
