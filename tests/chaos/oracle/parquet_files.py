"""The records of a parquet file or directory, read with pyarrow."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pyarrow as pa
from pyarrow import parquet

from tests.chaos.datasets import Dataset
from tests.chaos.deliveries import Content, data_files
from tests.chaos.oracle.records import Record, match_columns, record_of


def parquet_records(dataset: Dataset, content: Content) -> Iterator[Record]:
    """Each row's record; raises InvalidFile or pa.ArrowException."""
    # One unreadable file makes the directory invalid, so all files are read first.
    for table in [parquet.read_table(io.BytesIO(file)) for file in data_files(content)]:
        fields = match_columns(dataset, table.column_names)
        columns = {name: _values(table[name]) for name in table.column_names}
        for position in range(table.num_rows):
            row = {name: values[position] for name, values in columns.items()}
            yield record_of(fields, row)


def _values(column: pa.ChunkedArray) -> list:
    """A column's values: timestamps in UTC without a zone, and binary values as text."""
    if pa.types.is_timestamp(column.type):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
        ticks = column.cast(pa.int64()).to_pylist()
        return [None if tick is None else _moment(tick * (10**9 // per_second)) for tick in ticks]
    values = column.to_pylist()
    return [value.decode() if isinstance(value, bytes) else value for value in values]


def _moment(nanoseconds: int) -> datetime:
    if nanoseconds % 1000:
        raise AssertionError("the generator writes no times finer than a microsecond")
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (epoch + timedelta(microseconds=nanoseconds // 1000)).replace(tzinfo=None)
