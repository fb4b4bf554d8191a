"""Differences between two releases, and statements on an earlier one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import tokenize
from sqlglot.errors import TokenError
from sqlglot.tokens import TokenType

from lakehouse.errors import LakehouseError
from lakehouse.sql import identifier
from lakehouse.thrift import Session
from releases.tables import Model, Release
from releases.views import published, version_of


@dataclass(frozen=True)
class Difference:
    """How a model differs between two releases: rows, and columns with a sign in front.

    `changed` rows have the same key in both; None if the model has no key. Then both of their
    versions count, as `added` and as `removed`.
    """

    model: str
    added: int
    removed: int
    changed: int | None
    columns: tuple[str, ...] = ()


def differences(session: Session, old: Release, new: Release) -> Iterator[Difference]:
    """The models that differ between two releases, in the order of their names."""
    for name in sorted(old.models.keys() | new.models.keys()):
        before, after = old.models.get(name), new.models.get(name)
        if before and after and before.version == after.version:
            continue
        found = _difference(session, name, before, after)
        if found.added or found.removed or found.changed or found.columns:
            yield found


def _columns(session: Session, name: str, model: Model) -> dict[str, str]:
    rows = session.execute(f"describe query select * from {version_of(name, model.version)}")
    return {column: kind for column, kind, *_ in rows}


def _difference(
    session: Session, name: str, before: Model | None, after: Model | None
) -> Difference:
    old = _columns(session, name, before) if before else {}
    new = _columns(session, name, after) if after else {}
    common = [column for column, kind in new.items() if old.get(column) == kind]
    if not before or not after or not common:
        added, removed = _rows(session, name, after), _rows(session, name, before)
        return Difference(name, added, removed, 0, _changes(old, new) if before and after else ())
    both = ", ".join(map(identifier, common))
    keyed = after.key and set(after.key) <= set(common)
    using = ", ".join(map(identifier, after.key))
    changed = f"(select count(*) from gone join new using ({using}))" if keyed else "null"
    [(added, removed, same_key)] = session.execute(f"""
with old_rows as (select {both} from {version_of(name, before.version)}),
new_rows as (select {both} from {version_of(name, after.version)}),
gone as (select * from old_rows except all select * from new_rows),
new as (select * from new_rows except all select * from old_rows)
select (select count(*) from new), (select count(*) from gone), {changed}""")
    moved = same_key or 0
    return Difference(name, added - moved, removed - moved, same_key, _changes(old, new))


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    gone = [f"- {column} {kind}" for column, kind in old.items() if new.get(column) != kind]
    come = [f"+ {column} {kind}" for column, kind in new.items() if old.get(column) != kind]
    return (*gone, *come)


def _rows(session: Session, name: str, model: Model | None) -> int:
    if model is None:
        return 0
    [(rows,)] = session.execute(f"select count(*) from {version_of(name, model.version)}")
    return rows


def read_by(statement: str, release: Release) -> Release:
    """A release with only the models that a statement reads in `published`.

    Raises LakehouseError if it reads none, or one that the release does not have.
    """
    names = {name for name, _, _ in published_names(statement)}
    unknown = sorted(names - release.models.keys())
    if unknown or not names:
        raise LakehouseError(
            f"release {release.number} has no model {', '.join(unknown)}"
            if unknown
            else f"the statement reads nothing in {published()}, which has the releases",
            f"use {published()}.NAME, one of: {', '.join(sorted(release.models))}",
        )
    return replace(release, models={name: release.models[name] for name in sorted(names)})


def as_of(session: Session, release: Release, statement: str) -> str:
    """A statement that reads the models of a release, where `statement` reads `published`.

    The session gets a temporary view for each model.
    """
    for name, model in release.models.items():
        session.execute(
            f"create temporary view {identifier(name)} as "
            f"select * from {version_of(name, model.version)}"
        )
    for name, start, end in reversed(list(published_names(statement))):
        statement = statement[:start] + identifier(name) + statement[end:]
    return statement


def published_names(statement: str) -> Iterator[tuple[str, int, int]]:
    """Each name `published.NAME` in a statement: NAME, and the start and end of the whole."""
    try:
        tokens = tokenize(statement, read="spark")
    except TokenError as error:
        raise LakehouseError(f"the statement cannot be read: {error}", "correct it") from None
    for before, place, dot, name in zip(
        [None, *tokens], tokens, tokens[1:], tokens[2:], strict=False
    ):
        qualified = before and before.token_type is TokenType.DOT
        named = dot.token_type is TokenType.DOT and place.token_type is not TokenType.STRING
        if named and not qualified and place.text.lower() == published().lower():
            yield name.text.lower(), place.start, name.end + 1
