"""MetricFlow's error messages, cut to what a user needs. Pure functions."""

import re
from textwrap import dedent

# The part of MetricFlow's "Error #1: Message: … Query Input: … Issue Location: …" that says what
# is wrong.
MESSAGE = re.compile(
    r"^  Message:\n(.*?)(?=^  (?:Query Input|Issue Location):|^Error #|\Z)", re.S | re.M
)
TRACE = "Traceback (most recent call last):"
# After it, the exceptions that were raised because of the first one.
CHAINED = re.compile(r"\n\s*The above exception was the direct cause.*", re.S)


def plain(text: str) -> str:
    """The messages of an error of MetricFlow, without stack traces and the query itself."""
    text = without_traces(text)
    messages = (CHAINED.sub("", dedent(each)).strip() for each in MESSAGE.findall(text))
    return "\n".join(messages) or text.strip()


def without_traces(text: str) -> str:
    """The text with each stack trace replaced by its last line, the exception."""
    kept: list[str] = []
    depth: int | None = None
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() == TRACE:
            depth = indent
        elif depth is None or (line.strip() and indent <= depth):
            depth = None
            kept.append(line)
    return "\n".join(kept)
