"""Quoting: the one place where Python values become SQL text."""

import json
from collections.abc import Iterable


def identifier(*parts: str) -> str:
    """A (qualified) name, quoted: `bronze`.`pos_sales`."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def literal(value: str | int | float | bool | None) -> str:
    """A literal of a Python value.

    Backslash and control characters are escaped, as Spark reads them with
    spark.sql.parser.escapedStringLiterals at its default (false), and the
    dollar of `${…}`, which would start a variable where Spark substitutes them.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value!r}D"
    escaped = (
        value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    )
    return "'" + escaped.replace("\0", "\\u0000").replace("${", "\\u0024{") + "'"


def option(value: object) -> str:
    """A reader option's value as Spark spells it: true, not True."""
    return literal(value if isinstance(value, str) else json.dumps(value))


def in_list(expression: str, values: Iterable[str]) -> str:
    """`expression in (…)`; false for no values."""
    listed = ", ".join(literal(value) for value in values)
    return f"{expression} in ({listed})" if listed else "false"


def inline_table(schema: str, rows: Iterable[Iterable[object]]) -> str:
    """What Python values are as a table: `schema` is a DDL such as `path string, size bigint`.

    One JSON text, because Spark parses thousands of literals slowly.
    """
    names = [column.split()[0] for column in schema.split(", ")]
    records = json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False)
    return f"inline(from_json({literal(records)}, {literal(f'array<struct<{schema}>>')}))"
