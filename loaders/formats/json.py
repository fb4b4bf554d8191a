"""JSON: each line is an object, or the whole file is an array of objects.

Records are parsed as VARIANT, which detects duplicate keys and invalid JSON. A VARIANT does not
keep the text of a number, such as 1.10, so numbers are converted to marked strings first.
"""

import re
from collections.abc import Sequence

from lakehouse.sql import in_list, literal
from loaders.cells import Cell
from loaders.columns import INVALID_CHARACTERS, Column, folded
from loaders.context import Context
from loaders.formats.packing import opened
from loaders.formats.reader import (
    BLANK_CHARACTERS,
    BOM,
    REPLACEMENT,
    Parts,
    Reader,
    location,
    not_encoded,
    options_clause,
    require_small,
)
from loaders.listing import Part

NO_OBJECT = "is not a JSON object, or has a duplicate key"
# A noncharacter, which does not occur in text: it marks a number.
MARK = "\ufdd0"
# From the end of the previous match: strings and other text that is no number, then a number.
NUMBERS = (
    r'\G((?:[^"0-9-]++|"(?:[^"\\]++|\\.)*+")*+)'
    r"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+)(?![-+.0-9eE])"
)
MARKED = f'$1"{MARK}$2"'
UNMARKED = f'"?{MARK}([-+.0-9eE]*)"?'
# They enclose a text in an array, which has two elements if the text is one JSON value.
OPENING, END, CLOSING = "[", "the end", ',"the end"]'


def read_schema(context: Context, part: Part) -> tuple[str, ...]:
    """An empty schema: one reader reads all files. Raises Rejected if a file cannot be read."""
    if context.contract.switch("multiLine"):
        require_small(part)
    with opened(context.landing, part):
        return ()


def reader(context: Context, table: str, parts: Parts, names: Sequence[str]) -> Reader:
    """The reader of JSON files; creates the scratch table."""
    contract = context.contract
    whole = contract.switch("multiLine")
    context.session.execute(f"""
create table {table} (value string)
using text options ({options_clause({"wholetext": whole, "recursiveFileLookup": True})})
location {location(context, parts)}""")
    plain = {column.key for column in contract.columns if not column.path}
    # A path such as $.name takes the whole value; after a longer path, the value is rescued.
    plain |= {
        folded(column.path[2:])
        for column in contract.columns
        if re.fullmatch(r"\$\.\w+", column.path)
    }
    unknown = f"map_filter(_raw, (k, v) -> not {in_list(_folded('k'), sorted(plain))})"
    return Reader(
        table,
        tuple(parts),
        {column.name: _cell(column) for column in contract.columns},
        record="_record",
        rescued=f"nullif(to_json(transform_values({unknown}, (k, v) -> {_unmarked('v')})), '{{}}')",
        row_checks=(
            (f"contains(_record, {literal(REPLACEMENT)})", not_encoded(contract)),
            ("_cells is null", NO_OBJECT),
        ),
        parse=lambda rows: _records(rows, whole),
    )


def _cell(column: Column) -> Cell:
    """The cell of a column, by its path or its key."""
    cell = (
        f"try_variant_get(_json, {literal(column.path)}, 'string')"
        if column.path
        else f"try_element_at(_cells, {literal(column.key)})"
    )
    return Cell(_unmarked(cell), is_number=f"startswith({cell}, {literal(MARK)})")


def _unmarked(text: str) -> str:
    """A text with its numbers unmarked (SQL)."""
    unmarked = f"regexp_replace({text}, {literal(UNMARKED)}, '$1')"
    return f"if(contains({text}, {literal(MARK)}), {unmarked}, {text})"


def _parsed(text: str) -> str:
    """A text parsed as [value, END], with numbers marked (SQL); null if it is not valid JSON."""
    marked = f"regexp_replace({text}, {literal(NUMBERS)}, {literal(MARKED)})"
    closed = f"concat({literal(OPENING)}, {marked}, {literal(CLOSING)})"
    return f"try_variant_get(try_parse_json({closed}), '$', 'array<variant>')"


def _records(rows: str, whole: bool) -> str:
    """The records (SQL): one per line, or one per element of an array."""
    text = f"trim(leading {literal(BOM)} from make_valid_utf8(value))"
    parsed = f"""
        select _landed_file, _landed_modified, _record,
            if(size(_parsed) = 2 and cast(_parsed[1] as string) = {literal(END)}, _parsed[0], null)
                as _json
        from (
            select _landed_file, _landed_modified, _record, {_parsed("_record")} as _parsed
            from (select _landed_file, _landed_modified, {text} as _record from ({rows}))
            where trim(both {literal(BLANK_CHARACTERS)} from _record) <> ''
        )"""
    if whole:
        # An invalid file is one reject; a single object is read like an array of one.
        parsed = f"""
        select _landed_file, _landed_modified, _json,
            coalesce({_unmarked("to_json(_json)")}, left(_record, 10000)) as _record
        from (
            select _landed_file, _landed_modified, _record, explode(
                coalesce(try_variant_get(_json, '$', 'array<variant>'), array(_json))
            ) as _json
            from ({parsed}
            )
        )"""
    keys = f"transform(map_keys(_raw), k -> {_folded('k')})"
    cells = f"map_from_arrays({keys}, map_values(_raw))"
    return f"""
        select *, if(size(array_distinct({keys})) = size({keys}), {cells}, null) as _cells
        from (
            select *, try_variant_get(_json, '$', 'map<string,string>') as _raw
            from ({parsed}
            )
        )"""


def _folded(expression: str) -> str:
    """`folded` as SQL."""
    return f"regexp_replace(lower(trim({expression})), {literal(INVALID_CHARACTERS)}, '_')"
