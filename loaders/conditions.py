"""Classification of Spark's errors: transient errors, unreadable files."""

from lakehouse.thrift import SqlError

# Another session changed or created the same table, or a file was removed during the read.
TRANSIENT = (
    "AlreadyExistsException",
    "DELTA_CONCURRENT",
    "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
    "DELTA_DUPLICATE_COLUMNS_FOUND.ADDING_COLUMNS",
    "DELTA_METADATA_CHANGED",
    "DELTA_PROTOCOL_CHANGED",
    "FAILED_READ_FILE.FILE_NOT_EXIST",
    "PATH_NOT_FOUND",
    "SCHEMA_ALREADY_EXISTS",
    "TABLE_ALREADY_EXISTS",
    "TABLE_OR_VIEW_ALREADY_EXISTS",
    "TABLE_OR_VIEW_NOT_FOUND",
    "not a Delta table",
)
UNREADABLE = ("FAILED_READ_FILE", "CANNOT_READ", "MALFORMED", "PARQUET")


def is_transient(error: SqlError) -> bool:
    """Whether repeating the statement may succeed."""
    return any(condition in error.message for condition in TRANSIENT)


def is_unreadable_file(error: SqlError) -> bool:
    """Whether the content of a file made the statement fail."""
    return error.condition.startswith(UNREADABLE)
