"""`lakehouse alert`: tells owners what became bad since the last call, and what recovered."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import click

from history.incidents import Incident, incidents
from history.tables import add_alerts, last_results, open_problems
from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.thrift import Session
from ops.project import parse_manifest
from releases.publish import utc_now

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase

# In an address: the e-mail address of the owner, who is told of what is theirs.
OWNER = "{owner}"
STDOUT = "stdout"


@click.command()
@click.option(
    "--to",
    multiple=True,
    envvar="LAKEHOUSE_ALERT_TO",
    help="Address as Apprise has it, such as slack://… or mailto://…; in the variable with spaces "
    "between several. Without one, alerts are printed.",
)
@click.pass_obj
def alert(settings: Settings, to: tuple[str, ...]) -> None:
    """Tell of new problems of the last runs, and of those that are over.

    A problem is a model that failed, or a data test that failed or has a score below its threshold.
    Each address is told once of it, and once when it is over: see docs/operating.md.
    """
    for address in to:
        notifier(address)
    manifest = parse_manifest()
    with Session(settings) as session:
        lasts = last_results(session)
        for address in to or (STDOUT,):
            channel = channel_of(address)
            found = incidents(lasts, open_problems(session, channel), manifest)
            if found:
                tell(address, found)
                add_alerts(session, channel, found, utc_now())
            elif address == STDOUT:
                click.echo("nothing new")


def notifier(address: str) -> NotifyBase:
    """What sends to an address of Apprise. Raises LakehouseError if it is none."""
    # Imported here because it takes half a second.
    from apprise import Apprise

    found = Apprise.instantiate(address.replace(OWNER, "owner@example.com"))
    if not found:
        raise LakehouseError(
            # It may contain a password.
            f"{address.partition(':')[0]}:… is no address of Apprise",
            "see docs/operating.md for those of Slack, a webhook and mail",
        )
    return found


def channel_of(address: str) -> str:
    """The name of an address in `ops.alerts`, without its secrets."""
    if address == STDOUT:
        return STDOUT
    return f"{address.partition(':')[0]}:{notifier(address).url_id()}"


def tell(address: str, found: list[Incident]) -> None:
    """Send incidents to an address: one message, or one per owner. Raises LakehouseError."""
    if address == STDOUT:
        click.echo("\n".join(each.line for each in found))
        return
    by_email = attrgetter("owner.email")
    parts = groupby(sorted(found, key=by_email), by_email) if OWNER in address else [("", found)]
    for email, part in parts:
        _send(address.replace(OWNER, email), list(part))


def _send(address: str, found: list[Incident]) -> None:
    opened = sum(each.opened for each in found)
    title = f"lakehouse: {opened} new problems, {len(found) - opened} recovered"
    if not notifier(address).notify("\n".join(each.line for each in found), title=title):
        raise LakehouseError(
            f"{address.partition(':')[0]}:… did not take the alert",
            "check the address; the next call tries again",
        )
