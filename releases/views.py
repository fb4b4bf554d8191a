"""The schema `published`: one view per model of the release that readers see."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from lakehouse.settings import schema_name
from lakehouse.sql import identifier, literal
from lakehouse.thrift import Session
from releases.tables import Model

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


def move(session: Session, models: Mapping[str, Model]) -> None:
    """Make the views show the versions of a release; drop a view of none of its models.

    One after the other: two sessions take three times as long, because of the metastore's lock.
    """
    before = shown(session)
    for name, model in models.items():
        if name not in before or before[name].version != model.version:
            session.execute(statement(name, model))
    for name in before.keys() - models:
        session.execute(f"drop view {identifier(published(), name)}")


def statement(name: str, model: Model) -> str:
    """The statement that makes a view show a version; its columns keep their descriptions."""
    return (
        f"create or replace view {identifier(published(), name)} "
        f"comment {literal(model.description)} "
        f"as select * from {version_of(name, model.version)}"
    )
