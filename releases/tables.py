"""The table `ops.releases`, which only grows."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from lakehouse.delta import execute_or_create
from lakehouse.settings import schema_name
from lakehouse.sql import in_list, inline_records
from lakehouse.thrift import Session, SqlError

# Kinds of a row that give readers other versions.
MOVES = ("build", "rollback")
MODELS = "map<string, struct<version: bigint, key: array<string>, description: string>>"


@dataclass(frozen=True)
class Model:
    """A model in a release: the version of its table, its key columns and its description."""

    version: int
    key: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Release:
    """A row of `ops.releases`. `kind` is build, rollback, hold or lift; the last two have the
    number and the models of the release that readers saw."""

    number: int
    kind: str
    models: Mapping[str, Model]
    moved: tuple[str, ...] = ()
    tests: int = 0
    invocation: str = ""
    commit: str = ""
    by: str = ""
    note: str = ""
    at: datetime | None = None


NONE = Release(0, "build", {})


def releases() -> str:
    return f"{schema_name('ops')}.releases"


def create(session: Session) -> None:
    """Create the table if it does not exist."""
    session.execute(f"create schema if not exists {schema_name('ops')}")
    session.execute(f"""
create table if not exists {releases()} (
    release bigint not null comment 'Number, from 1. Of a hold or lift: what readers saw then.',
    kind string not null comment 'build, rollback, hold or lift.',
    models {MODELS} not null comment 'All models that readers see, with the version of each.',
    moved array<string> not null comment 'The models of which readers see another version.',
    tests bigint not null comment 'Number of data tests that these versions have passed.',
    invocation_id string not null comment 'The dbt run; a command has an id of its own.',
    git_commit string not null comment 'Commit of the project, with -dirty if files differ.',
    released_by string not null comment 'The user of the run or command.',
    note string not null comment 'The reason that a command was given.',
    released_at timestamp not null comment 'When it was written, UTC.'
) using delta
comment 'What readers saw: one row per release, hold and lift. Append-only.'
""")


def history(session: Session, newest: int = 1000) -> list[Release]:
    """The newest rows of `ops.releases`, the oldest first; empty if there is no such table."""
    try:
        rows = session.execute(f"""
select release, kind, to_json(models), to_json(moved), tests, invocation_id, git_commit,
    released_by, note, released_at
from {releases()} order by released_at desc, release desc limit {newest}""")
    except SqlError as error:
        if error.not_found:
            return []
        raise
    return [
        Release(
            number,
            kind,
            {
                name: Model(each["version"], tuple(each["key"]), each["description"])
                for name, each in json.loads(models).items()
            },
            tuple(json.loads(moved)),
            *rest,
        )
        for number, kind, models, moved, *rest in reversed(rows)
    ]


def latest(rows: Iterable[Release]) -> Release:
    """The release that readers see, of the rows of `ops.releases`."""
    return max(
        (each for each in rows if each.kind in MOVES), default=NONE, key=lambda each: each.number
    )


def hold(rows: Iterable[Release]) -> Release | None:
    """The hold that is in force, of the rows of `ops.releases`."""
    last = [each for each in rows if each.kind in ("hold", "lift")][-1:]
    return last[0] if last and last[0].kind == "hold" else None


def add(session: Session, release: Release) -> bool:
    """Add a row; returns False if another one was written since its models were derived."""
    row = {
        "release": release.number,
        "kind": release.kind,
        "models": {name: asdict(each) for name, each in sorted(release.models.items())},
        "moved": release.moved,
        "tests": release.tests,
        "invocation_id": release.invocation,
        "git_commit": release.commit,
        "released_by": release.by,
        "note": release.note,
    }
    schema = (
        f"release bigint, kind string, models {MODELS}, moved array<string>, tests bigint, "
        "invocation_id string, git_commit string, released_by string, note string"
    )
    before = release.number - (release.kind in MOVES)
    merge = f"""
merge into {releases()} as written
using (select *, current_timestamp() as released_at from {inline_records(schema, [row])}) as new
on written.release > {before} and {in_list("written.kind", MOVES)}
when not matched then insert *"""
    try:
        [(added, *_)] = execute_or_create(session, merge, create)
    except SqlError as error:
        if not error.conflict:
            raise
        return False
    return added > 0
