"""The schema that exports write, and others read."""

import os

SCHEMA = "metrics"


def schema(name: str | None = SCHEMA) -> str:
    """A schema's name with the prefix LAKEHOUSE_SCHEMA_PREFIX."""
    return os.environ.get("LAKEHOUSE_SCHEMA_PREFIX", "") + (name or SCHEMA)
