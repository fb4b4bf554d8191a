"""JSON: each line is an object, or a whole file is an array of them.

Records are parsed as VARIANT, which tells a duplicate name and a broken text,
but forgets how a number was written. So numbers are marked as texts first.
"""

import re
from collections.abc import Sequence

from lakehouse.sql import in_list, literal
from loaders.cells import Cell
from loaders.context import Context
from loaders.contract import ODD_CHARACTERS, folded
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

NO_OBJECT = "is no JSON object, or names a key twice"
# A character that no text has: it marks a number.
MARK = "\ufdd0"
# From where the last match ended: all that is no number, strings included, and then a number.
NUMBERS = (
    r'\G((?:[^"0-9-]++|"(?:[^"\\]++|\\.)*+")*+)'
    r"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+)(?![-+.0-9eE])"
)
MARKED = f'$1"{MARK}$2"'
UNMARKED = f'"?{MARK}([-+.0-9eE]*)"?'
# A text that ends where it should is, with these around it, an array of two.
OPENING, END, CLOSING = "[", "the end", ',"the end"]'


def look(context: Context, part: Part) -> tuple[str, ...]:
    """Every record has its own names: one reader does for all files. Raises Rejected for a file that cannot be read."""
    if context.contract.switch("multiLine"):
        require_small(part)
    with opened(context.landing, part):
        return ()


def reader(context: Context, table: str, parts: Parts, names: Sequence[str]) -> Reader:
    """The reader of JSON files; makes the scratch table."""
    contract = context.contract
    whole = contract.switch("multiLine")
    context.session.execute(f"""
create table {table} (value string)
using text options ({options_clause({"wholetext": whole, "recursiveFileLookup": True})})
location {location(context, parts)}""")
    cells = {
        column.name: f"try_variant_get(_json, {literal(column.path)}, 'string')"
        if column.path
        else f"try_element_at(_cells, {literal(folded(column.name))})"
        for column in contract.columns
    }
    plain = {folded(column.name) for column in contract.columns if not column.path}
    # What is picked as a whole needs no rescue; of what is picked in part the rest does.
    plain |= {
        folded(column.path[2:])
        for column in contract.columns
        if re.fullmatch(r"\$\.\w+", column.path)
    }
    unknown = f"map_filter(_raw, (k, v) -> not {in_list(_folded('k'), sorted(plain))})"
    return Reader(
        table,
        tuple(parts),
        {name: Cell(_unmarked(cell)) for name, cell in cells.items()},
        record="_record",
        rescued=f"nullif(to_json(transform_values({unknown}, (k, v) -> {_unmarked('v')})), '{{}}')",
        faults=(
            (f"contains(_record, {literal(REPLACEMENT)})", not_encoded(contract)),
            ("_cells is null", NO_OBJECT),
        ),
        shape=lambda rows: _records(rows, whole),
    )


def _unmarked(text: str) -> str:
    """A value's text with its numbers as they were written."""
    return f"if(contains({text}, {literal(MARK)}), regexp_replace({text}, {literal(UNMARKED)}, '$1'), {text})"


def _parsed(text: str) -> str:
    """The one JSON value of a text; null when it is broken or goes on after it."""
    marked = f"regexp_replace({text}, {literal(NUMBERS)}, {literal(MARKED)})"
    closed = f"concat({literal(OPENING)}, {marked}, {literal(CLOSING)})"
    return f"try_variant_get(try_parse_json({closed}), '$', 'array<variant>')"


def _records(rows: str, whole: bool) -> str:
    """JSON texts as records: each line, or each element of the array that a whole file is."""
    text = f"trim(leading {literal(BOM)} from make_valid_utf8(value))"
    parsed = f"""
        select _landed_file, _landed_modified, _record,
            if(size(_parsed) = 2 and cast(_parsed[1] as string) = {literal(END)}, _parsed[0], null) as _json
        from (
            select _landed_file, _landed_modified, _record, {_parsed("_record")} as _parsed
            from (select _landed_file, _landed_modified, {text} as _record from ({rows}))
            where trim(both {literal(BLANK_CHARACTERS)} from _record) <> ''
        )"""
    if whole:
        # A broken array is one record that does not fit; an object is an array of one.
        parsed = f"""
        select _landed_file, _landed_modified, coalesce({_unmarked("to_json(_json)")}, left(_record, 10000)) as _record,
            _json
        from (
            select _landed_file, _landed_modified, _record, explode(
                coalesce(try_variant_get(_json, '$', 'array<variant>'), array(_json))
            ) as _json
            from ({parsed}
            )
        )"""
    keys = f"transform(map_keys(_raw), k -> {_folded('k')})"
    return f"""
        select *,
            if(size(array_distinct({keys})) = size({keys}), map_from_arrays({keys}, map_values(_raw)), null) as _cells
        from (
            select *, try_variant_get(_json, '$', 'map<string,string>') as _raw
            from ({parsed}
            )
        )"""


def _folded(expression: str) -> str:
    """What `folded` is in Python, as SQL."""
    return f"regexp_replace(lower(trim({expression})), {literal(ODD_CHARACTERS)}, '_')"
