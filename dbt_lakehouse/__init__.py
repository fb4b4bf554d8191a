"""A dbt plug-in: a Spark adapter with verified connections, short errors and an exact catalogue.

dbt finds a module by its name `dbt_…` and its list `plugins`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import dbt.adapters.spark
from dbt.adapters.base import available
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.exceptions import FailedToConnectError
from dbt.adapters.spark import SparkColumn
from dbt.adapters.spark.connections import (
    PyhiveConnectionWrapper,
    SparkConnectionManager,
    SparkConnectionMethod,
)
from dbt.flags import get_flags
from dbt.plugins import dbtPlugin
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError
from dbt_common.invocation import get_invocation_id
from pyhive import hive
from thrift.transport.TTransport import TTransportException

from history.results import RECORDED, Result, Run, metadata
from history.tables import create
from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings, settings_of
from lakehouse.thrift import error_of, session_of
from lakehouse.transport import transport
from releases.publish import end_run, project_commit

# These two have no password; dbt-spark opens their connections.
UNCHANGED = ("KERBEROS", "NOSASL")
CONNECTION_ERRORS = (
    LakehouseError,
    hive.OperationalError,
    TTransportException,
    OSError,
    EOFError,
)


def _reason(error: Exception, settings: Settings) -> str:
    """Why a connection could not be opened, from one of CONNECTION_ERRORS."""
    if isinstance(error, LakehouseError):
        return f"{error.message}; try: {error.remedy}"
    if isinstance(error, hive.OperationalError):
        return error_of(error.args[0]).message
    return f"no Spark Thrift server answers at {settings.server}"


def _is_empty() -> bool:
    """Whether this run was asked to read no rows, or a sample of them."""
    flags = get_flags()
    return bool(getattr(flags, "EMPTY", False) or getattr(flags, "SAMPLE", None))


def _commit_metadata() -> dict[str, str]:
    """A session's setting that marks its commits with this run."""
    setting = "set:hiveconf:spark.databricks.delta.commitInfo.userMetadata"
    return {setting: metadata(get_invocation_id(), _is_empty())}


class Connections(SparkConnectionManager):
    """dbt-spark's connections, over the project's verified transport, with readable errors.

    dbt-spark's own TLS verifies nothing. A Java stack trace, of 47 to 122 lines, is only in dbt's
    log file.
    """

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Open a connection. Raises FailedToConnectError with the reason."""
        credentials = connection.credentials
        thrift = credentials.method == SparkConnectionMethod.THRIFT
        if connection.state == ConnectionState.OPEN or not thrift or credentials.auth in UNCHANGED:
            return super().open(connection)

        settings = settings_of(credentials)
        try:
            opened = transport(settings, credentials.password)
            session = hive.Connection(
                thrift_transport=opened,
                username=opened.user,
                configuration={**credentials.server_side_parameters, **_commit_metadata()},
            )
        except CONNECTION_ERRORS as error:
            connection.state = ConnectionState.FAIL
            raise FailedToConnectError(_reason(error, settings)) from None
        connection.handle = PyhiveConnectionWrapper(
            session,
            credentials.poll_interval,
            credentials.query_timeout,
            credentials.query_retries,
        )
        connection.state = ConnectionState.OPEN
        return connection

    @classmethod
    def _close_handle(cls, connection: Connection) -> None:
        # The error of a lost connection was reported where it was found.
        with suppress(*CONNECTION_ERRORS):
            super()._close_handle(connection)

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Raise the error of a statement as DbtDatabaseError with the message of its root cause."""
        failure = None
        with super().exception_handler(sql):
            try:
                yield
            except DbtDatabaseError as error:
                failure = DbtDatabaseError(error_of(error.msg).message)
        if failure:
            raise failure


# dbt derives the name of a module from the name of this class: `dbt.adapters.spark`.
class SparkAdapter(dbt.adapters.spark.SparkAdapter):
    """dbt-spark's adapter, whose catalogue has the types of `describe` and the owners of sources.

    dbt-spark's own catalogue names other types, such as `integer` for `int`, and as the owner the
    user of the server's operating system.
    """

    ConnectionManager = Connections

    def get_catalog(self, relation_configs: Iterable, used_schemas: frozenset) -> Any:
        """The catalogue; the owner of a source is `config.meta.owner`."""
        configs = list(relation_configs)
        self._owners = {
            (each.schema, each.identifier): each.config.meta.get("owner")
            for each in configs
            if each.resource_type == "source"
        }
        return super().get_catalog(configs, used_schemas)

    def parse_columns_from_information(self, relation: Any) -> list[SparkColumn]:
        """The columns of a relation for the catalogue."""
        columns = self.get_columns_in_relation(relation)
        owner = self._owners.get((relation.schema, relation.identifier))
        return [replace(column, table_owner=owner or column.table_owner) for column in columns]

    @available
    def create_history(self) -> None:
        """Create the tables of the run history, which models read before a run has ended."""
        if get_flags().WHICH not in RECORDED:
            return
        with session_of(self.config.credentials) as session:
            create(session)

    @available
    def end_run(
        self, results: Iterable[Any], graph: Mapping[str, Any], started: datetime
    ) -> list[str]:
        """Record this run, and publish what it built and tested; returns lines for its output.

        `results` and `graph` are those of the context of `on-run-end`, `started` is
        `run_started_at`. Raises DbtRuntimeError if a run that succeeded cannot be recorded or
        published.
        """
        if get_flags().WHICH not in RECORDED:
            return []
        credentials = self.config.credentials
        run = Run(
            get_flags().WHICH,
            get_invocation_id(),
            started,
            tuple(
                Result(
                    each.node.unique_id,
                    str(each.status),
                    each.execution_time,
                    each.failures,
                    str(each.message or ""),
                )
                for each in results
            ),
            settings_of(credentials).login,
            project_commit(),
            _is_empty(),
        )
        try:
            with session_of(credentials) as session:
                return end_run(session, run, {**graph["sources"], **graph["nodes"]})
        except LakehouseError as error:
            reason = f"the run was not recorded, or not published: {error.message}"
            if run.failed:
                return [reason]
            raise DbtRuntimeError(f"{reason}; try: {error.remedy or 'dbt test'}") from None


class LakehousePlugin(dbtPlugin):
    """Makes dbt use this adapter for profiles of type `spark`."""

    def initialize(self) -> None:
        dbt.adapters.spark.Plugin.adapter = SparkAdapter


plugins = [LakehousePlugin]
