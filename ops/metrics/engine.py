"""MetricFlow's configuration and SQL client for dbt-spark.

MetricFlow does not support the adapter `spark`, so this module has subclasses of its classes; see
https://github.com/dbt-labs/dbt-adapters/issues/441
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from dbt.adapters.base import BaseAdapter
from dbt.adapters.spark.connections import SparkConnectionMethod, SparkCredentials
from dbt.config.runtime import load_profile, load_project
from dbt.contracts.graph.manifest import Manifest
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from dbt_metricflow.cli.dbt_connectors.adapter_backed_client import AdapterBackedSqlClient
from dbt_metricflow.cli.dbt_connectors.dbt_config_accessor import dbtProjectMetadata
from metricflow.data_table.mf_column import ColumnDescription
from metricflow.data_table.mf_table import MetricFlowDataTable
from metricflow.protocols.sql_client import SqlEngine

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings
from lakehouse.thrift import Session, SqlError, readable, session_of
from ops.metrics.render import SparkPlanRenderer
from ops.metrics.views import is_period
from ops.project import parse
from releases.views import GOLD, PUBLISHED

# The result of Spark's EXPLAIN begins with this text if the statement has an error.
REFUSED = "Error occurred during query planning:"


class SparkTable(MetricFlowDataTable):
    """A result whose decimals stay decimals, and whose days and longer periods are dates.

    MetricFlow's own table converts decimals to floats, and dates to timestamps:
    https://github.com/dbt-labs/metricflow/pull/1699
    """

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence]) -> "SparkTable":
        """A table of Spark's rows; a column has the type of its first value that is not null."""
        periods = [is_period(name) for name in columns]
        cells = tuple(
            tuple(
                value.date() if period and isinstance(value, datetime) else value
                for period, value in zip(periods, row, strict=True)
            )
            for row in rows
        )
        kinds = (
            next((type(row[i]) for row in cells if row[i] is not None), type(None))
            for i in range(len(columns))
        )
        return cls(tuple(map(ColumnDescription, columns, kinds)), cells)

    def text_format(self, float_decimals: int | None = None) -> str:
        """The table as text; a decimal has all its digits unless `float_decimals` limits them."""
        if float_decimals is not None:
            return super().text_format(float_decimals)
        decimals = [column.column_type is Decimal for column in self.column_descriptions]
        rows = tuple(
            tuple(
                f"{cell:f}" if exact and cell is not None else cell
                for exact, cell in zip(decimals, row, strict=True)
            )
            for row in self.rows
        )
        columns = tuple(
            ColumnDescription(column.column_name, str if exact else column.column_type)
            for exact, column in zip(decimals, self.column_descriptions, strict=True)
        )
        return MetricFlowDataTable(columns, rows).text_format()


def profile_session(credentials: SparkCredentials) -> Session:
    """A session with the server, user and settings of a dbt profile.

    dbt's connection is not used: its socket has no timeout, and it sleeps whole seconds between two
    polls of a statement (https://github.com/dbt-labs/dbt-adapters/pull/1419). Raises LakehouseError
    for another method than Thrift, and for an authentication other than NONE, LDAP or CUSTOM.
    """
    auth = credentials.auth or "NONE"
    if credentials.method != SparkConnectionMethod.THRIFT or auth not in ("NONE", "LDAP", "CUSTOM"):
        raise LakehouseError(
            f"the dbt profile has method {credentials.method} and auth {auth}",
            "metrics need method thrift, and auth NONE, LDAP or CUSTOM",
        )
    return session_of(credentials)


def _read_published(path: Path) -> None:
    """Let the semantic models in a manifest read `published`, where dbt names tables of gold.

    With a schema prefix they read the prefixed gold: a developer's metrics are of the last build.
    """
    manifest = json.loads(path.read_text())
    spines = manifest["project_configuration"]["time_spines"]
    for each in (*manifest["semantic_models"], *spines):
        relation = each["node_relation"]
        if relation["schema_name"] == GOLD:
            relation["schema_name"] = PUBLISHED
            relation["relation_name"] = f"{PUBLISHED}.{relation['alias']}"
    path.write_text(json.dumps(manifest))


class SparkSqlClient(AdapterBackedSqlClient):
    """Runs MetricFlow's statements in sessions of the dbt profile.

    Raises SqlError with Spark's message, without the stack trace, Unreachable if no server answers,
    and TimedOut if an answer takes too long. Bind parameters are ignored: MetricFlow renders none.
    """

    def __init__(self, adapter: BaseAdapter):
        # The constructor of MetricFlow sets these too, but raises for the adapter `spark`.
        self._adapter = adapter
        self._sql_engine_type = SqlEngine.DATABRICKS
        self._sql_plan_renderer = SparkPlanRenderer()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that is closed at the end."""
        with profile_session(self._adapter.config.credentials) as session:
            yield session

    def query(self, stmt: str, sql_bind_parameter_set=None) -> SparkTable:
        """Run a statement and return its result."""
        with self.session() as session:
            result = session.query(stmt)
            return SparkTable.of(result.columns, list(result.rows))

    def execute(self, stmt: str, sql_bind_parameter_set=None) -> None:
        """Run a statement and discard its result."""
        with self.session() as session:
            session.execute(stmt)

    def dry_run(self, stmt: str, sql_bind_parameter_set=None) -> None:
        """Let Spark plan a statement without running it; raises SqlError if it has an error."""
        with self.session() as session:
            plan = "\n".join(line for (line,) in session.execute(f"EXPLAIN {stmt}"))
        if plan.startswith(REFUSED):
            raise SqlError(readable(plan.removeprefix(REFUSED).strip()))


class SparkConfiguration(CLIConfiguration):
    """A dbt project on Spark, for MetricFlow.

    `setup` parses the project, so that queries use the current definitions. `state` is the folder
    of the parsed manifest and the log.
    """

    # The project's manifest at the last `setup`.
    manifest: Manifest
    _sql_client: SparkSqlClient | None

    def __init__(self, project: Path = PROJECT, state: Path | None = None):
        super().__init__()
        self._project = project
        self._state = state or Settings.from_environment().home / "metrics"

    def setup(
        self, dbt_profiles_path=None, dbt_project_path=None, configure_file_logging: bool = True
    ) -> None:
        """Parse the project; raises LakehouseError with dbt's message if the project is invalid."""
        project = str(dbt_project_path or self._project)
        # MetricFlow reads the manifest from this folder. It is not dbt's `target`, so that dbt and
        # MetricFlow can run at the same time.
        self.manifest = parse(Path(project), dbt_profiles_path, self._state / "target")
        _read_published(self._state / "target" / "semantic_manifest.json")
        profile = load_profile(project, cli_vars={})
        self._dbt_project_metadata = dbtProjectMetadata(
            profile,
            load_project(project, version_check=False, profile=profile),
            project_path=self._state,
        )
        if configure_file_logging:
            self._configure_logging(self.log_file_path)
        self._is_setup = True

    @property
    def log_file_path(self) -> Path:
        return self._state / self.LOG_FILE_NAME

    @property
    def sql_client(self) -> SparkSqlClient:
        if self._sql_client is None:
            self._sql_client = SparkSqlClient(self.dbt_artifacts.adapter)
        return self._sql_client
