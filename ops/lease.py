"""The lease of the one server that may write, a row in the metastore's database.

Delta on S3 is safe with one writing driver only. The row has the holder and the time until which
the lease is valid, on the clock of the database. The holder renews it; if it cannot, it stops its
server before that time. A new server waits until the lease of a dead one has run out.
"""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from lakehouse.errors import LakehouseError
from ops.metastore import Metastore

# Seconds: how long a lease is valid, between two renewals, and for one call of the database.
VALID = 20
RENEWAL = 5
CALL = 3
# Seconds before the end of the lease at which its holder stops the server.
MARGIN = 5

CREATE = """
    create table if not exists lakehouse_writer (
        name text primary key, holder text not null, valid_until timestamptz not null
    )
"""
TAKE = """
    insert into lakehouse_writer as taken
    values ('writer', :holder, clock_timestamp() + cast(:seconds as int) * interval '1 s')
    on conflict (name) do update
    set holder = excluded.holder, valid_until = excluded.valid_until
    where taken.holder = excluded.holder or taken.valid_until < clock_timestamp()
    returning holder
"""
HELD = "select holder, valid_until from lakehouse_writer"
RELEASE = "update lakehouse_writer set valid_until = clock_timestamp() where holder = :holder"


class Lost(LakehouseError):
    """The lease could not be renewed in time."""


class Lease:
    """The lease of this process; `take` it, `renew` it every RENEWAL seconds, `release` it."""

    def __init__(self, metastore: Metastore):
        started = datetime.now(timezone.utc).isoformat(" ", "seconds")
        self.holder = f"{socket.gethostname()}, pid {os.getpid()}, started {started}"
        self._metastore = metastore
        self._ends = 0.0

    def take(self, waiting: Callable[[str], None] = lambda holder: None) -> None:
        """Take the lease; wait until that of a dead holder has run out.

        `waiting` is called with the other holder. Raises LakehouseError if another server holds
        and renews it, or if the database does not answer.
        """
        self._call(CREATE)
        seen = None
        while not self._take():
            [[holder, until]] = self._call(HELD)
            if seen not in (None, (holder, until)):
                raise LakehouseError(
                    f"another server writes to this lakehouse: {holder}",
                    "stop it, or start this one with --readers",
                )
            if seen is None:
                waiting(holder)
            seen = holder, until
            time.sleep(1)

    def renew(self) -> None:
        """Renew the lease. Raises Lost if this cannot be done before its end."""
        while True:
            try:
                if self._take():
                    return
                [[holder, _]] = self._call(HELD)
                raise Lost(f"another server has taken the lease: {holder}")
            except Lost:
                raise
            except LakehouseError as error:
                if time.monotonic() > self._ends - MARGIN - CALL:
                    raise Lost(f"the lease cannot be renewed: {error.message}") from None
                time.sleep(1)

    def release(self) -> None:
        """End the lease, so that the next server does not wait; an error is ignored."""
        with suppress(LakehouseError):
            self._call(RELEASE, holder=self.holder)

    def _take(self) -> bool:
        asked = time.monotonic()
        taken = bool(self._call(TAKE, holder=self.holder, seconds=VALID))
        if taken:
            self._ends = asked + VALID
        return taken

    def _call(self, statement: str, **values: str | int) -> Any:
        return self._metastore.run(statement, CALL, **values)
