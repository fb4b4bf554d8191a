"""Conversion of Python values to SQL text."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite


def identifier(*parts: str) -> str:
    """A quoted name, qualified if there are several parts: `bronze`.`pos_sales`."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def literal(value: str | int | float | bool | Decimal | date | None) -> str:
    """An SQL literal. Raises TypeError for a value of another type.

    Escapes are valid for the default of spark.sql.parser.escapedStringLiterals (false). The dollar
    of `${…}` is escaped too: Spark would substitute a variable.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{float(value)!r}D" if isfinite(value) else f"double('{float(value)}')"
    if isinstance(value, Decimal):
        return f"{value:f}BD"
    if isinstance(value, datetime):
        return f"timestamp '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if not isinstance(value, str):
        raise TypeError(f"no SQL literal can be made of a {type(value).__name__}: {value!r}")
    escaped = (
        value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    )
    return "'" + escaped.replace("\0", "\\u0000").replace("${", "\\u0024{") + "'"


def option(value: object) -> str:
    """Literal of a reader option; booleans and numbers are strings, such as 'true'."""
    return literal(value if isinstance(value, str) else json.dumps(value))


def in_list(expression: str, values: Iterable[str]) -> str:
    """`expression in (…)`; false if there are no values."""
    listed = ", ".join(literal(value) for value in values)
    return f"{expression} in ({listed})" if listed else "false"


def inline_table(schema: str, rows: Iterable[Iterable[object]]) -> str:
    """A table expression of Python rows; `schema` such as `path string, size bigint`."""
    names = [column.split()[0] for column in schema.split(", ")]
    return inline_records(schema, (dict(zip(names, row, strict=True)) for row in rows))


def inline_records(schema: str, records: Iterable[Mapping[str, object]]) -> str:
    """A table expression of dictionaries, which may be nested as `schema` is.

    They are one JSON literal: Spark parses thousands of literals slowly.
    """
    text = json.dumps(list(records), ensure_ascii=False)
    return f"inline(from_json({literal(text)}, {literal(f'array<struct<{schema}>>')}))"
