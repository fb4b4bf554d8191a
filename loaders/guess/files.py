"""Samples of files: their format, reader options, and the texts or types of their columns."""

import codecs
import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

import pyarrow
from pyarrow import compute, parquet
from pyarrow import csv as arrow_csv

from lakehouse.errors import LakehouseError
from loaders.formats.packing import opened
from loaders.formats.reader import Rejected
from loaders.guess import texts
from loaders.listing import Landing, Part

# A sample has so many rows of each file.
ROWS = 100_000
# The separator, the header and the encoding are guessed from so many bytes.
START = 1 << 20
SEPARATORS = ",;\t|"
# What an export of a Turkish Windows has, if it is not UTF-8.
OTHER_ENCODING = "windows-1254"
EXTENSIONS = {
    **dict.fromkeys(("csv", "tsv", "txt"), "csv"),
    **dict.fromkeys(("json", "jsonl", "ndjson"), "json"),
    "parquet": "parquet",
}


@dataclass
class Field:
    """A column of the files: its name there, and its texts, or its type if the format has one.

    keys: the keys of a JSON value, from the top. numbers: the JSON numbers, as they are written.
    """

    name: str
    type: str = ""
    keys: tuple[str, ...] = ()
    texts: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)


@dataclass
class Sample:
    """The format, reader options and columns of one file, and what to check in them."""

    using: str
    options: dict[str, object]
    fields: list[Field]
    notes: list[str] = field(default_factory=list)


def sample(landing: Landing, part: Part) -> Sample:
    """The sample of a file. Raises LakehouseError if it cannot be read, or has no rows."""
    name = part.path.rpartition("/")[2].lower().removesuffix(".gz")
    using = EXTENSIONS.get(name.rpartition(".")[2], "")
    if not using:
        raise LakehouseError(
            f"{part.path} has no known extension", f"use one of {', '.join(EXTENSIONS)}"
        )
    read: dict[str, Callable[[Landing, Part], Sample]] = {
        "csv": _csv,
        "json": _json,
        "parquet": _parquet,
    }
    try:
        found = read[using](landing, part)
    except (Rejected, ValueError, OSError, csv.Error, pyarrow.ArrowException) as error:
        raise LakehouseError(
            f"{part.path} cannot be read as {using}: {error}", "give another file"
        ) from error
    if not found.fields:
        raise LakehouseError(f"{part.path} has no columns", "give a file with rows")
    return found


# ---- csv


def _csv(landing: Landing, part: Part) -> Sample:
    with opened(landing, part) as stored:
        start = stored.read(START)
    encoding = _encoding(start)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start)
    lines = [line for line in text.lstrip("\ufeff").splitlines()[:200] if line.strip()]
    if not lines:
        raise ValueError("it is empty")
    separator = _separator(lines)
    first = [cell.strip() for cell in next(csv.reader(lines, delimiter=separator))]
    header = _is_header(first)
    spanning = any(line.count('"') % 2 for line in lines)
    options: dict[str, object] = {"header": header}
    options |= {"sep": separator.replace("\t", "\\t")} if separator != "," else {}
    options |= {"encoding": encoding} if encoding != "utf-8" else {}
    options |= {"multiLine": True} if spanning else {}
    notes = [f"it is not UTF-8: check its letters in {encoding}"] if encoding != "utf-8" else []
    if not header:
        notes.append("it has no header: name its columns, in the order of the file")
    names = first if header else [f"column_{n}" for n in range(1, len(first) + 1)]
    fields = [Field(name) for name in names]
    with opened(landing, part) as stored:
        for texts_ in _csv_texts(stored, encoding, separator, len(names), spanning, header):
            for one, found in zip(fields, texts_, strict=True):
                one.texts |= found - {""}
    return Sample("csv", options, fields, notes)


def _csv_texts(
    stored: IO[bytes], encoding: str, separator: str, width: int, spanning: bool, header: bool
) -> Iterator[list[set[str]]]:
    """The distinct cells of each column, batch by batch; rows of another width are left out."""
    names = [f"c{n}" for n in range(width)]
    reader = arrow_csv.open_csv(
        stored,
        read_options=arrow_csv.ReadOptions(
            column_names=names, encoding="utf8" if encoding == "utf-8" else encoding
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=separator,
            newlines_in_values=spanning,
            invalid_row_handler=lambda row: "skip",
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
        ),
    )
    rows, skipped = 0, int(header)
    for batch in reader:
        yield [set(compute.unique(column).to_pylist()) for column in batch.slice(skipped).columns]
        rows, skipped = rows + batch.num_rows, 0
        if rows > ROWS:
            return


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return OTHER_ENCODING
    return "utf-8"


def _separator(lines: Sequence[str]) -> str:
    """The separator that splits most lines into the same number of fields, the more the better."""

    def quality(separator: str) -> tuple[bool, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        return widths.count(widths[0]) >= 0.9 * len(widths), widths[0]

    return max(SEPARATORS, key=quality)


def _is_header(cells: Sequence[str]) -> bool:
    """Whether a row has names: all different, and no number or date among them."""
    if not all(cells) or len(set(cells)) < len(cells):
        return False
    plain = all(texts.type_of("", {cell}) == "string" for cell in cells)
    return plain and not any(texts.pattern_of({"": {cell}})[0] for cell in cells)


# ---- json


class Number(str):
    """A JSON number, as it is written."""


def _json(landing: Landing, part: Part) -> Sample:
    with opened(landing, part) as stored:
        text = io.TextIOWrapper(stored, encoding="utf-8-sig")
        first = next((line for line in text if line.strip()), "")
        whole = not _is_object(first)
        if whole:
            found = _loads(first + text.read())
            records = found if isinstance(found, list) else [found]
        else:
            lines = (line for line in islice(text, ROWS) if line.strip())
            records = [_loads(line) for line in (first, *lines)]
    fields: dict[tuple[str, ...], Field] = {}
    for record in records[:ROWS]:
        if not isinstance(record, dict):
            raise ValueError("a record is not an object")
        _add(fields, record, ())
    return Sample("json", {"multiLine": True} if whole else {}, list(fields.values()))


def _loads(text: str) -> object:
    return json.loads(text, parse_int=Number, parse_float=Number)


def _is_object(line: str) -> bool:
    try:
        return isinstance(_loads(line), dict)
    except ValueError:
        return False


def _add(fields: dict[tuple[str, ...], Field], record: dict, above: tuple[str, ...]) -> None:
    """Add the values of an object to their fields; an object in it has fields of its own."""
    for key, value in record.items():
        keys = (*above, key)
        if isinstance(value, dict) and value:
            _add(fields, value, keys)
            continue
        one = fields.setdefault(keys, Field("_".join(keys), keys=keys))
        if isinstance(value, Number):
            one.numbers.add(str(value))
        elif isinstance(value, (dict, list)):
            one.type = "string"
        elif value not in (None, ""):
            one.texts.add(str(value))


# ---- parquet


def _parquet(landing: Landing, part: Part) -> Sample:
    with landing.open(part) as stored:
        schema = parquet.read_schema(stored)
    return Sample("parquet", {}, [Field(each.name, _spark_type(each.type)) for each in schema])


# Arrow's name of a type, and Spark's.
PARQUET_TYPES = {
    **{"bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int"},
    **{"int64": "bigint", "uint8": "smallint", "uint16": "int", "uint32": "bigint"},
    **{"uint64": "decimal(20,0)", "float": "float", "double": "double", "date32[day]": "date"},
}


def _spark_type(type_: pyarrow.DataType) -> str:
    """The type of the contract for a type of parquet; `string` for any that it does not have."""
    if pyarrow.types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    if pyarrow.types.is_timestamp(type_):
        # Spark reads nanoseconds as UTC.
        return "timestamp" if type_.tz or type_.unit == "ns" else "timestamp_ntz"
    if pyarrow.types.is_dictionary(type_):
        return _spark_type(type_.value_type)
    if pyarrow.types.is_map(type_):
        return f"map<{_spark_type(type_.key_type)},{_spark_type(type_.item_type)}>"
    if pyarrow.types.is_list(type_) or pyarrow.types.is_large_list(type_):
        return f"array<{_spark_type(type_.value_type)}>"
    if pyarrow.types.is_struct(type_):
        return f"struct<{','.join(f'{each.name}:{_spark_type(each.type)}' for each in type_)}>"
    return PARQUET_TYPES.get(str(type_), "string")


def merged(samples: Collection[Sample]) -> Sample:
    """One sample of several files; raises LakehouseError if their formats or options differ."""
    first, *others = samples
    fields = {one.keys or (one.name,): one for one in first.fields}
    for other in others:
        if (other.using, other.options) != (first.using, first.options):
            raise LakehouseError(
                "the files have different formats or options: "
                f"{_shown(first)}, and {_shown(other)}",
                "give files of one table",
            )
        for one in other.fields:
            known = fields.setdefault(one.keys or (one.name,), one)
            known.texts |= one.texts
            known.numbers |= one.numbers
            known.type = known.type if known.type == one.type else "string"
    notes: Iterable[str] = dict.fromkeys(note for each in samples for note in each.notes)
    return Sample(first.using, first.options, list(fields.values()), list(notes))


def _shown(sample: Sample) -> str:
    return " ".join([sample.using, *(f"{key}={value}" for key, value in sample.options.items())])
