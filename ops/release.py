"""`lakehouse release`: what readers see, what they saw, and how to go back."""

from uuid import uuid4

import click

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops.output import print_table
from releases import compare, tables
from releases.publish import check_kept, find, moved, rollback, set_hold, utc_now
from releases.retention import expired, retention_days

NOTE = click.option("--note", default="", help="The reason, for others.")


def command_id() -> str:
    """An id of a command, where a release of dbt has the id of its run."""
    return f"command-{uuid4()}"


@click.group()
def release() -> None:
    """Releases of gold, which readers see in the schema `published`."""


@release.command("list")
@click.option("--limit", default=20, show_default=True, help="Maximum number of rows.")
@click.pass_obj
def list_releases(settings: Settings, limit: int) -> None:
    """List the newest releases, holds and lifts, the newest first."""
    with Session(settings) as session:
        rows = tables.history(session)
    if not rows:
        click.echo("there is no release yet; `dbt build` writes one when all of its tests pass")
        return
    gone, seen = expired(rows, retention_days(), utc_now()), tables.latest(rows)
    print_table(
        ("release", "kind", "at", "by", "commit", "models", "moved", "tests", "state", "note"),
        [
            (
                each.number,
                each.kind,
                f"{each.at:%Y-%m-%d %H:%M}",
                each.by,
                each.commit,
                len(each.models),
                len(each.moved),
                each.tests,
                "current" if each is seen else "expired" if each.number in gone else "",
                each.note,
            )
            for each in rows[: -limit - 1 : -1]
        ],
    )
    held = tables.hold(rows)
    if held:
        click.echo(f"held by {held.by}: no release is written until `lakehouse release lift`")


@release.command()
@click.argument("number", type=int)
@click.pass_obj
def show(settings: Settings, number: int) -> None:
    """Show the models of release NUMBER, with the versions of their tables in gold."""
    with Session(settings) as session:
        each = find(tables.history(session), number)
    click.echo(
        f"release {each.number}, {each.kind} by {each.by} at {each.at:%Y-%m-%d %H:%M} UTC: "
        f"{moved(each)}, {each.tests} tests passed"
    )
    origin = (("run", each.invocation), ("commit", each.commit), ("note", each.note))
    click.echo("\n".join(f"  {name}: {value}" for name, value in origin if value))
    print_table(
        ("model", "version", "moved", "key"),
        [
            (name, model.version, "moved" if name in each.moved else "", ", ".join(model.key))
            for name, model in sorted(each.models.items())
        ],
    )


@release.command()
@click.argument("old", type=int)
@click.argument("new", type=int)
@click.pass_obj
def diff(settings: Settings, old: int, new: int) -> None:
    """Count the rows that differ between the releases OLD and NEW, by model.

    A changed row has the same key in both. Of a model without a key, a changed row counts as one
    removed and one added.
    """
    with Session(settings) as session:
        rows = tables.history(session)
        before, after = find(rows, old), find(rows, new)
        for each in (before, after):
            check_kept(session, rows, each)
        found = list(compare.differences(session, before, after))
    if not found:
        click.echo(f"releases {old} and {new} have the same rows and columns")
        return
    print_table(
        ("model", "added", "removed", "changed", "columns"),
        [
            (
                each.model,
                each.added,
                each.removed,
                "no key" if each.changed is None else each.changed,
                ", ".join(each.columns),
            )
            for each in found
        ],
    )


@release.command("rollback")
@click.argument("number", type=int)
@NOTE
@click.pass_obj
def roll_back(settings: Settings, number: int, note: str) -> None:
    """Show readers release NUMBER again, as a new release."""
    with Session(settings) as session:
        written = rollback(session, number, settings.login, command_id(), note)
    click.echo(f"release {written.number}, of the versions of release {number}: {moved(written)}")
    click.echo("the next good build publishes anew; to stop that: lakehouse release hold")


@release.command()
@NOTE
@click.pass_obj
def hold(settings: Settings, note: str) -> None:
    """Publish nothing until `lakehouse release lift`; builds and tests run as ever."""
    with Session(settings) as session:
        seen = set_hold(session, "hold", settings.login, command_id(), note)
    click.echo(f"held: readers keep release {seen.number} until `lakehouse release lift`")


@release.command()
@NOTE
@click.pass_obj
def lift(settings: Settings, note: str) -> None:
    """End a hold; the next `dbt build` or `dbt test` publishes what passed."""
    with Session(settings) as session:
        set_hold(session, "lift", settings.login, command_id(), note)
    click.echo("lifted: the next `dbt build` or `dbt test` publishes what passed")
