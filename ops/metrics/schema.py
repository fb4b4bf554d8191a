"""The schema that exports write, and others read."""

from lakehouse.settings import schema_name

SCHEMA = "metrics"


def schema(name: str | None = SCHEMA) -> str:
    """The name of the schema, or of another one that an export names, with its prefix."""
    return schema_name(name or SCHEMA)
