"""The Reader: a scratch table over files of one schema, and SQL expressions for its rows."""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lakehouse.sql import in_list, inline_table, literal, option
from loaders.cells import Cell
from loaders.columns import Column, folded
from loaders.context import Context
from loaders.contract import Contract
from loaders.listing import Delivery, Landing, Part

# A decoder writes it for bytes that are not valid in the encoding.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# Spark strips these as blanks.
BLANK_CHARACTERS = "".join(map(chr, range(33)))
# Maximum size in bytes of a file that is read as one text: memory holds several copies.
WHOLE_LIMIT = 128 << 20


class Rejected(Exception):
    """The reason why a whole file is rejected."""


@dataclass(frozen=True)
class Reader:
    """Files with one schema, read by one scan.

    table: the scratch table to scan; `parse` maps its rows to records.
    columns: what to select of it (SQL), under names that no other column of the load has.
    parts: the stored files, each with its delivery.
    cells: the cells by contract column, for columns that the files have.
    record: the whole row as text (SQL).
    rescued: the cells that are not in the contract, as JSON (SQL).
    row_checks: conditions (SQL) that make the whole row a reject, each with its reason.
    unknown, missing: names of columns that are not in the contract, or not in the files.
    similar: notes about missing columns whose names are similar to unknown ones.
    """

    table: str
    parts: tuple[tuple[Delivery, Part], ...]
    cells: Mapping[str, Cell]
    record: str
    rescued: str = "cast(null as string)"
    row_checks: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("value",)
    parse: Callable[[str], str] = lambda rows: rows

    @property
    def files(self) -> dict[str, Delivery]:
        """The deliveries, by name."""
        return {file.name: file for file, _ in self.parts}

    def only(self, names: Collection[str]) -> "Reader":
        """This reader, restricted to the named files."""
        return replace(
            self, parts=tuple((file, part) for file, part in self.parts if file.name in names)
        )

    def records(self) -> str:
        """The records of the files (SQL), with `_landed_file` and `_landed_modified`.

        A file whose size or time differs from the plan is not read.
        """
        columns = ", ".join(self.columns)
        if len(self.parts) == 1:
            [(file, part)] = self.parts
            return self.parse(f"""
        select {columns}, {literal(file.name)} as _landed_file,
            timestamp_millis({file.modified}) as _landed_modified
        from {self.table}
        where _metadata.file_path = {literal(part.uri)} and _metadata.file_size = {part.size}
            and unix_millis(_metadata.file_modification_time) = {part.modified}""")
        planned = inline_table(
            "path string, _landed_file string, landed bigint, size bigint, modified bigint",
            (
                (part.uri, file.name, file.modified, part.size, part.modified)
                for file, part in self.parts
            ),
        )
        return self.parse(f"""
        select data.*, planned._landed_file, timestamp_millis(planned.landed) as _landed_modified
        from (
            select {columns}, _metadata.file_path as _landed_path,
                _metadata.file_size as _landed_size,
                unix_millis(_metadata.file_modification_time) as _landed_ms
            from {self.table}
            where {in_list("_metadata.file_path", (part.uri for _, part in self.parts))}
        ) as data
        join (select * from {planned}) as planned
        on data._landed_path = planned.path and data._landed_size = planned.size
            and data._landed_ms = planned.modified""")


Parts = Sequence[tuple[Delivery, Part]]


def location(context: Context, parts: Parts) -> str:
    """Location for a scratch table over the parts (SQL literal): one file, or the whole folder."""
    # Only a listing of an object store has times in milliseconds; a single object has seconds.
    landing = context.landing
    if landing.local and len(parts) == 1:
        return place(landing, parts[0][1])
    return literal(escaped(landing.location(f"{landing.root}/{context.contract.location}")))


def place(landing: Landing, part: Part) -> str:
    """Location of one stored file (SQL literal)."""
    return literal(escaped(landing.location(part.path)))


def escaped(path: str) -> str:
    """A path with its glob characters escaped: Spark reads locations as globs.

    See https://github.com/apache/spark/pull/29659.
    """
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", path)


def options_clause(options: Mapping[str, object]) -> str:
    """Reader options as SQL: `'key' 'value', …`."""
    return ", ".join(f"{literal(key)} {option(value)}" for key, value in options.items())


@dataclass(frozen=True)
class Drift:
    """Difference between the columns of files and of their contract: see Reader."""

    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    similar: tuple[str, ...]

    @classmethod
    def of(cls, contract: Contract, names: Iterable[str]) -> "Drift":
        """Compare the names in the files with the contract.

        Raises Rejected if a required column or all columns are missing, or one is duplicate.
        """
        names = list(names)
        matched = [folded(name) for name in names]
        known = {column.key: column for column in contract.columns}
        missing = [column for key, column in known.items() if key not in matched]
        unknown = {key: name for key, name in zip(matched, names, strict=True) if key not in known}
        similar = [note for column in missing if (note := _similar(column, unknown))]
        if absent := [column.name for column in missing if column.required]:
            reason = f"required column {', '.join(absent)} is missing{_hint(names)}"
            raise Rejected("; ".join([reason, *similar]))
        if len(missing) == len(known):
            reason = f"all columns of the contract are missing{_hint(names)}"
            raise Rejected("; ".join([reason, *similar]))
        if twice := sorted({name for name in matched if matched.count(name) > 1}):
            raise Rejected(f"duplicate column: {', '.join(twice)}")
        return cls(
            tuple(unknown.values()), tuple(column.name for column in missing), tuple(similar)
        )


def _similar(column: Column, unknown: Mapping[str, str]) -> str:
    """A note if a name in the files, by its folded name, is similar to a missing column's."""
    found = difflib.get_close_matches(column.key, unknown, n=1)
    return (
        f"column {column.name} is missing and {unknown[found[0]]!r} is similar: "
        "if it is the same, set its name in meta.loader of the column"
        if found
        else ""
    )


def _hint(names: Sequence[str]) -> str:
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f" (its columns: {listed[:200]})"


def by_contract(contract: Contract, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """The cells of the files by contract column."""
    by_key = {folded(name): cell for name, cell in cells.items()}
    return {column.name: by_key[column.key] for column in contract.columns if column.key in by_key}


def as_json(cells: Mapping[str, str]) -> str:
    """Cells as one JSON object (SQL); null if there are no cells or all are null."""
    pairs = ", ".join(f"{literal(name)}, {cell}" for name, cell in cells.items())
    return f"nullif(to_json(named_struct({pairs})), '{{}}')" if pairs else "cast(null as string)"


def not_encoded(contract: Contract) -> str:
    """The reason to reject a row with bytes that are not valid in the encoding."""
    shown = "UTF-8" if contract.encoding == "utf-8" else contract.encoding
    return f"contains bytes that are not {shown}: set encoding in external.options"


def require_small(part: Part) -> None:
    """Raise Rejected for a file that is too large to be read as one text."""
    if part.size > WHOLE_LIMIT:
        raise Rejected(
            f"it has {part.size >> 20} MB, more than the limit of {WHOLE_LIMIT >> 20} MB "
            "for a file that is read as one text: split it"
        )
