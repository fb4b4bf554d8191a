"""What every format makes of its files: a scratch table to scan, and expressions over its rows."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lakehouse.sql import in_list, inline_table, literal, option
from loaders.cells import Cell
from loaders.context import Context
from loaders.contract import Contract, folded
from loaders.listing import LandedFile, Landing, Part

# What a decoder puts where bytes are not of the encoding.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What Spark takes for blank.
BLANK_CHARACTERS = "".join(map(chr, range(33)))
# A file that is read as one text has to fit into memory several times.
WHOLE_LIMIT = 128 << 20


class Rejected(Exception):
    """Why a whole file cannot be loaded."""


@dataclass(frozen=True)
class Reader:
    """Files of one shape, that one scan reads; `parts` are stored files, each with the file it belongs to.

    `table` is what to scan, and `shape` turns its rows into records. `cells`
    has the columns of the contract that the files have. `record` is the whole
    row as text, `rescued` what the contract does not know of it; `faults` are
    conditions under which a row as such does not fit, with the reason.
    `unknown` and `missing` are column names, for the report.
    """

    table: str
    parts: tuple[tuple[LandedFile, Part], ...]
    cells: Mapping[str, Cell]
    record: str
    rescued: str = "cast(null as string)"
    faults: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    shape: Callable[[str], str] = lambda rows: rows

    @property
    def files(self) -> dict[str, LandedFile]:
        """The files of its parts, by name."""
        return {file.name: file for file, _ in self.parts}

    def only(self, names: Collection[str]) -> "Reader":
        """The reader of some of its files."""
        return replace(
            self, parts=tuple((file, part) for file, part in self.parts if file.name in names)
        )

    def records(self) -> str:
        """The records of the files, with `_landed_file` and `_landed_modified`.

        A file is read only with the size and time that it was planned with.
        """
        if len(self.parts) == 1:
            [(file, part)] = self.parts
            return self.shape(f"""
        select *, {literal(file.name)} as _landed_file, timestamp_millis({file.modified}) as _landed_modified
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
        return self.shape(f"""
        select data.*, planned._landed_file, timestamp_millis(planned.landed) as _landed_modified
        from (
            select *, _metadata.file_path as _landed_path, _metadata.file_size as _landed_size,
                unix_millis(_metadata.file_modification_time) as _landed_ms
            from {self.table}
            where {in_list("_metadata.file_path", (part.uri for _, part in self.parts))}
        ) as data
        join (select * from {planned}) as planned
        on data._landed_path = planned.path and data._landed_size = planned.size
            and data._landed_ms = planned.modified""")


Parts = Sequence[tuple[LandedFile, Part]]


def location(context: Context, parts: Parts) -> str:
    """The smallest place that holds the parts, as a literal: one file, or the contract's folder."""
    # A store tells the time of one object in seconds, in a listing in milliseconds.
    landing = context.landing
    if landing.local and len(parts) == 1:
        return place(landing, parts[0][1])
    return literal(escaped(landing.location(f"{landing.root}/{context.contract.location}")))


def place(landing: Landing, part: Part) -> str:
    """Where one stored file is, as a literal."""
    return literal(escaped(landing.location(part.path)))


def escaped(path: str) -> str:
    """A path that Spark, which takes locations for globs, takes as it is."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", path)


def options_clause(options: Mapping[str, object]) -> str:
    """Reader options as `'key' 'value', …`."""
    return ", ".join(f"{literal(key)} {option(value)}" for key, value in options.items())


def drift(contract: Contract, names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that the files have beyond the contract, and those that they lack of it.

    Raises Rejected when a required column is not there, none at all, or one twice.
    """
    names = list(names)
    matched = [folded(name) for name in names]
    known = {folded(column.name): column for column in contract.columns}
    missing = [column for name, column in known.items() if name not in matched]
    if absent := [column.name for column in missing if column.required]:
        raise Rejected(f"it lacks the required column {', '.join(absent)}{_hint(names)}")
    if len(missing) == len(known):
        raise Rejected(f"it has no column of the contract{_hint(names)}")
    if twice := sorted({name for name in matched if matched.count(name) > 1}):
        raise Rejected(f"it names a column twice: {', '.join(twice)}")
    unknown = tuple(name for name in names if folded(name) not in known)
    return unknown, tuple(column.name for column in missing)


def _hint(names: Sequence[str]) -> str:
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return f" (its columns: {listed[:200]})"


def by_contract(contract: Contract, cells: Mapping[str, Cell]) -> dict[str, Cell]:
    """The files' cells by the contract's names."""
    by_folded = {folded(name): cell for name, cell in cells.items()}
    names = (column.name for column in contract.columns)
    return {name: by_folded[folded(name)] for name in names if folded(name) in by_folded}


def as_json(cells: Mapping[str, str]) -> str:
    """Cells as one JSON object, as SQL; null for no cells, or only nulls."""
    pairs = ", ".join(f"{literal(name)}, {cell}" for name, cell in cells.items())
    return f"nullif(to_json(named_struct({pairs})), '{{}}')" if pairs else "cast(null as string)"


def not_encoded(contract: Contract) -> str:
    """The reason of a row with bytes of another encoding."""
    shown = "UTF-8" if contract.encoding == "utf-8" else contract.encoding
    return f"holds bytes that are not {shown}: set the encoding among external.options"


def require_small(part: Part) -> None:
    """Rejected for a file that is too large to be read as one text."""
    if part.size > WHOLE_LIMIT:
        raise Rejected(
            f"it has {part.size >> 20} MB, and is read as one text of at most {WHOLE_LIMIT >> 20} MB: split it"
        )
