"""The SQLAlchemy dialect: `lakehouse://[user[:password]@][host[:port]]/[schema][?ca=path]`.

Host, port, user, password and the CA's certificates are by default those of the settings. It
stands on PyHive's connection. PyHive's own dialect `hive` gives names, types and comments of Hive,
not of Spark (https://github.com/dropbox/PyHive/issues/150).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from itertools import dropwhile, takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

from pyhive import hive
from sqlalchemy import exc, types
from sqlalchemy.engine import default
from sqlalchemy.engine.interfaces import (
    ReflectedColumn,
    ReflectedForeignKeyConstraint,
    ReflectedIndex,
    ReflectedPrimaryKeyConstraint,
    ReflectedTableComment,
)
from sqlalchemy.engine.url import URL
from sqlalchemy.sql import compiler
from TCLIService.ttypes import TGetColumnsReq, TStatusCode
from thrift.transport.TTransport import TTransportException

from lakehouse.errors import LakehouseError
from lakehouse.settings import Settings
from lakehouse.sql import identifier, literal
from lakehouse.thrift import SqlError, error_of
from lakehouse.transport import transport


class ConnectionLost(hive.OperationalError):
    """No server answers, or the connection was lost."""


@contextmanager
def readable_errors(address: str) -> Iterator[None]:
    """Errors of PyHive with Spark's message, without the Thrift answer and the stack trace."""
    try:
        yield
    except ConnectionLost:
        raise
    except hive.OperationalError as error:
        raise hive.OperationalError(error_of(error.args[0]).message) from None
    except LakehouseError as error:
        raise hive.OperationalError(error.message) from None
    except (TTransportException, OSError, EOFError):
        raise ConnectionLost(f"no Spark Thrift server answers at {address}") from None


def parameter(value: object) -> str:
    """An SQL literal of a bound value; a list is in parentheses. Raises PyHive's DataError."""
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(parameter, value))})"
    # Numbers of numpy and pandas.
    plain: Any = value.item() if hasattr(value, "item") else value
    try:
        return literal(plain)
    except TypeError as error:
        raise hive.DataError(str(error)) from None


class Cursor(hive.Cursor):
    """PyHive's cursor with dates as `date`, safe literals and readable errors."""

    def execute(
        self,
        operation: str,
        parameters: Mapping[str, Any] | Sequence[Any] | None = None,
        **options: Any,
    ) -> None:
        if isinstance(parameters, Mapping):
            operation %= {name: parameter(value) for name, value in parameters.items()}
        elif parameters is not None:
            operation %= tuple(map(parameter, parameters))
        with readable_errors(self._connection.address):
            super().execute(operation, None, **options)
            self._dates = [
                index
                for index, (_, kind, *_) in enumerate(self.description or ())
                if kind == "DATE_TYPE"
            ]

    def get_columns(self, schema: str, table: str) -> None:
        """Read the columns as JDBC does; names are patterns, in which `_` is any character."""
        with readable_errors(self._connection.address):
            self._reset_state()
            handle = self._connection.sessionHandle
            answer = self._connection.client.GetColumns(
                TGetColumnsReq(handle, schemaName=schema, tableName=table)
            )
            if answer.status.statusCode != TStatusCode.SUCCESS_STATUS:
                raise hive.OperationalError(answer)
        self._operationHandle, self._state = answer.operationHandle, self._STATE_RUNNING
        self._dates = []

    def fetchone(self) -> tuple | None:
        with readable_errors(self._connection.address):
            row = super().fetchone()
        if row is None or not self._dates:
            return row
        cells = list(row)
        for index in self._dates:
            cells[index] = cells[index] and date.fromisoformat(cells[index])
        return tuple(cells)

    def close(self) -> None:
        with readable_errors(self._connection.address):
            super().close()


class Connection(hive.Connection):
    """PyHive's connection; its cursors are the ones of this module."""

    def __init__(self, settings: Settings, password: str | None = None, **options: Any):
        self.address = settings.server
        with readable_errors(self.address):
            connection = transport(settings, password)
            super().__init__(thrift_transport=connection, username=connection.user, **options)

    def cursor(self, *arguments: Any, **options: Any) -> Cursor:
        return Cursor(self, *arguments, **{"arraysize": 10_000, **options})


class Quoted(compiler.IdentifierPreparer):
    """Every name in backticks, so that no list of reserved words is needed."""

    def __init__(self, dialect: default.DefaultDialect):
        super().__init__(dialect, initial_quote="`", escape_quote="`")

    def _requires_quotes(self, value: str) -> bool:
        return True


class Compiler(compiler.SQLCompiler):
    """SQL with literals of Spark."""

    def render_literal_value(self, value: Any, type_: types.TypeEngine) -> str:
        """The literal of a value that is not bound, such as with `literal_binds`."""
        return literal(value).replace("%", "%%")


class TypeCompiler(compiler.GenericTypeCompiler):
    """Names of Spark's types, as `cast` needs them."""

    def visit_NUMERIC(self, type_: types.Numeric, **_: Any) -> str:
        return f"DECIMAL({type_.precision or 38}, {18 if type_.scale is None else type_.scale})"

    visit_DECIMAL = visit_NUMERIC

    def visit_VARCHAR(self, type_: types.String, **_: Any) -> str:
        return "STRING"

    visit_TEXT = visit_CHAR = visit_VARCHAR

    def visit_DATETIME(self, type_: types.DateTime, **_: Any) -> str:
        return "TIMESTAMP"


TYPES: dict[str, type[types.TypeEngine]] = {
    "boolean": types.Boolean,
    "tinyint": types.SmallInteger,
    "smallint": types.SmallInteger,
    "int": types.Integer,
    "bigint": types.BigInteger,
    "float": types.Float,
    "double": types.Double,
    "date": types.Date,
    "timestamp": types.TIMESTAMP,
    "timestamp_ntz": types.TIMESTAMP,
    "binary": types.LargeBinary,
}


def type_of(spark: str) -> types.TypeEngine:
    """SQLAlchemy's type of one of Spark's types.

    Arrays, maps, structs and intervals arrive as text over Thrift.
    """
    if decimal := re.fullmatch(r"decimal\((\d+),(\d+)\)", spark):
        precision, scale = map(int, decimal.groups())
        return types.DECIMAL(precision, scale)
    return TYPES.get(spark, types.String)()


class LakehouseDialect(default.DefaultDialect):
    """Reads and reflects tables and views of the Spark Thrift server. There are no transactions."""

    name = "lakehouse"
    driver = "thrift"
    preparer = Quoted  # type: ignore[assignment]
    statement_compiler = Compiler
    type_compiler_cls = TypeCompiler
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_multivalues_insert = True
    supports_default_values = False
    supports_empty_insert = False
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False
    postfetch_lastrowid = False

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        return hive

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        settings = Settings.from_environment()
        query = dict(url.query)
        settings = replace(
            settings,
            host=url.host or settings.host,
            port=url.port or settings.port,
            user=url.username or settings.user,
            tls_ca=Path(str(query.pop("ca"))) if "ca" in query else settings.tls_ca,
        )
        return [], {
            "settings": settings,
            "password": url.password,
            "database": url.database or "default",
            **query,
        }

    def connect(self, *arguments: Any, **options: Any) -> Any:
        return Connection(*arguments, **options)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing: there are no transactions."""

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        # Text that SQLAlchemy did not compile has single `%`.
        raw = not parameters and (context is None or context.compiled is None)
        cursor.execute(statement, None if raw else parameters)

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return isinstance(e, ConnectionLost)

    def _get_default_schema_name(self, connection: Any) -> str:
        return connection.exec_driver_sql("select current_schema()").scalar()

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        return [name for (name,) in connection.exec_driver_sql("show schemas")]

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        views = set(self.get_view_names(connection, schema))
        return [name for name in self._names(connection, "tables", schema) if name not in views]

    def get_view_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        return self._names(connection, "views", schema)

    def _names(self, connection: Any, kind: str, schema: str | None) -> list[str]:
        """Names of the tables, including views, or of the views, without temporary ones."""
        place = identifier(schema or self.default_schema_name or "default")
        listed = connection.exec_driver_sql(f"show {kind} in {place}")
        return [name for _, name, temporary in listed if not temporary]

    def has_table(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        try:
            self._described(connection, table_name, schema)
        except exc.NoSuchTableError:
            return False
        return True

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[ReflectedColumn]:
        described = self._described(connection, table_name, schema)
        required = self._required(connection, table_name, schema)
        return [
            {
                "name": name,
                "type": type_of(spark),
                "nullable": name not in required,
                "default": None,
                "comment": comment or None,
            }
            for name, spark, comment in takewhile(
                lambda row: row[0] not in ("", "# Partition Information"), described
            )
        ]

    def _required(self, connection: Any, table: str, schema: str | None) -> set[str]:
        """The columns that are `not null`, which DESCRIBE does not show."""
        place = (schema or self.default_schema_name or "default").lower(), table.lower()
        with closing(connection.connection.cursor()) as cursor:
            cursor.get_columns(*place)
            names = [name for name, *_ in cursor.description]
            columns = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return {
            column["COLUMN_NAME"]
            for column in columns
            if (column["TABLE_SCHEM"], column["TABLE_NAME"]) == place
            and column["IS_NULLABLE"] == "NO"
        }

    def get_table_comment(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> ReflectedTableComment:
        described = self._described(connection, table_name, schema)
        details = dropwhile(lambda row: row[0] != "# Detailed Table Information", described)
        return {"text": next((text for name, text, _ in details if name == "Comment"), None)}

    def _described(self, connection: Any, table: str, schema: str | None) -> list[tuple]:
        """Rows of DESCRIBE TABLE EXTENDED: columns, an empty row, and sections of details."""
        name = identifier(schema or self.default_schema_name or "default", table)
        try:
            return connection.exec_driver_sql(f"describe table extended {name}").all()
        except exc.OperationalError as error:
            if SqlError(str(error.orig)).not_found:
                raise exc.NoSuchTableError(table) from None
            raise

    def get_pk_constraint(self, *_: Any, **__: Any) -> ReflectedPrimaryKeyConstraint:
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *_: Any, **__: Any) -> list[ReflectedForeignKeyConstraint]:
        return []

    def get_indexes(self, *_: Any, **__: Any) -> list[ReflectedIndex]:
        return []
