"""A dbt plug-in: errors of Spark without the Java stack trace, which has 47 to 122 lines.

dbt finds a module by its name `dbt_…` and its list `plugins`. The log file of dbt keeps the trace.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dbt.adapters.spark import SparkAdapter
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.plugins import dbtPlugin
from dbt_common.exceptions import DbtDatabaseError

from lakehouse.thrift import messages_of_trace, readable, root_cause


class Connections(SparkConnectionManager):
    """dbt-spark's connections, whose errors have Spark's message only."""

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Raise the error of a statement as DbtDatabaseError with the message of its root cause."""
        failure = None
        with super().exception_handler(sql):
            try:
                yield
            except DbtDatabaseError as error:
                failure = DbtDatabaseError(readable(root_cause(messages_of_trace(error.msg))))
        if failure:
            raise failure


class LakehousePlugin(dbtPlugin):
    """Makes dbt-spark's adapter use `Connections`."""

    def initialize(self) -> None:
        SparkAdapter.ConnectionManager = Connections


plugins = [LakehousePlugin]
