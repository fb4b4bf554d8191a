"""The schema `published`: one view per model of the release that readers see."""

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import NamedTuple, TypeVar

from lakehouse.settings import schema_name
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from releases.tables import Model

T = TypeVar("T")

# Statements at the same time: each takes 0.2 s, mostly in the metastore.
JOBS = 4


# Schemas, without the prefix of a developer.
GOLD, PUBLISHED = "gold", "published"


def published() -> str:
    return schema_name(PUBLISHED)


def gold() -> str:
    return schema_name(GOLD)


def version_of(name: str, version: int) -> str:
    """The table expression of a version of a table of gold."""
    return f"{identifier(gold(), name)} version as of {version}"


class Shown(NamedTuple):
    """The version of a table of gold that a view shows, and since when."""

    version: int
    since: str


# In what `show table extended` says about a view that `statement` made.
TEXT = re.compile(r"^Created Time: (.*)$.*^View Text: .* version as of (\d+)$", re.M | re.S)


def shown(session: Session) -> dict[str, Shown]:
    """What each view of a release shows; the schema is created if it is missing."""
    session.execute(f"create schema if not exists {published()}")
    rows = session.execute(f"show table extended in {published()} like '*'")
    found = ((name, TEXT.search(about)) for _, name, _, about in rows)
    return {name: Shown(int(text[2]), text[1]) for name, text in found if text}


def move(connect: Callable[[], Session], models: Mapping[str, Model]) -> None:
    """Make the views show the versions of a release; drop a view of none of its models."""
    with connect() as session:
        before = shown(session)
    statements = {
        name: statement(name, model)
        for name, model in models.items()
        if name not in before or before[name].version != model.version
    }
    statements |= {
        name: f"drop view {identifier(published(), name)}" for name in before.keys() - models
    }
    in_parallel(connect, lambda session, name: session.execute(statements[name]), statements)


def in_parallel(
    connect: Callable[[], Session], call: Callable[[Session, str], T], names: Iterable[str]
) -> dict[str, T]:
    """The result of a call for each name, of JOBS calls at a time, each in a session."""
    waiting = list(names)
    if not waiting:
        return {}
    with ExitStack() as stack:
        sessions: SimpleQueue[Session] = SimpleQueue()
        jobs = min(JOBS, len(waiting))
        for _ in range(jobs):
            sessions.put(stack.enter_context(connect()))

        def run(name: str) -> T:
            session = sessions.get()
            try:
                return call(session, name)
            finally:
                sessions.put(session)

        with ThreadPoolExecutor(jobs) as pool:
            return dict(zip(waiting, pool.map(run, waiting), strict=True))


def statement(name: str, model: Model) -> str:
    """The statement that makes a view show a version; its columns keep their descriptions."""
    return (
        f"create or replace view {identifier(published(), name)} "
        f"comment {literal(model.description)} "
        f"as select * from {version_of(name, model.version)}"
    )
