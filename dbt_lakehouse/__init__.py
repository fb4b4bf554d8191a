"""A dbt plug-in: a Spark adapter with short errors and an exact catalogue.

dbt finds a module by its name `dbt_…` and its list `plugins`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import dbt.adapters.spark
from dbt.adapters.spark import SparkColumn
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.plugins import dbtPlugin
from dbt_common.exceptions import DbtDatabaseError

from lakehouse.thrift import error_of


class Connections(SparkConnectionManager):
    """dbt-spark's connections; an error has no Java stack trace, which has 47 to 122 lines.

    The trace is in dbt's log file.
    """

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


class LakehousePlugin(dbtPlugin):
    """Makes dbt use this adapter for profiles of type `spark`."""

    def initialize(self) -> None:
        dbt.adapters.spark.Plugin.adapter = SparkAdapter


plugins = [LakehousePlugin]
