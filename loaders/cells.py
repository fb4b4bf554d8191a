"""Cells as values: the SQL that casts a cell to its contract type, or finds that it does not fit.

Pure functions of SQL text. A cast never rounds, cuts, guesses or overflows: a
cell that its type cannot hold exactly has no value, and does not fit.
"""

import re
from dataclasses import dataclass

from lakehouse.sql import literal
from loaders.contract import Column

# Blanks around a number are no part of it.
BLANKS = " \t\r\n"
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
# Larger exponents would keep a core busy for minutes and fit no type.
SCIENTIFIC = rf"^{NUMBER}[eE][+-]?0*[0-9]{{1,3}}$"
ZERO = r"^[+-]?[0.]+[eE]"
FLOATING = rf"^({NUMBER}([eE][+-]?0*[0-9]{{1,3}})?|NaN|[+-]?Infinity)$"
ISO_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
NO_SECONDS = r"^(.{16})(?=Z|[+-]|$)"
ISO_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})?$"


@dataclass(frozen=True)
class Cell:
    """A column as the files have it: its SQL expression, and its Spark type there.

    `raw` is what the file holds, where the expression is made of it and may be
    null although the file holds something.
    """

    expression: str
    type: str = "string"
    raw: str = ""

    @property
    def held(self) -> str:
        """What the file holds, as SQL."""
        return self.raw or self.expression


def value(cell: Cell, column: Column, pattern: str | None) -> str:
    """The cell as its contract type; null where the type cannot hold it exactly.

    `pattern` is the date or timestamp pattern of the contract, None for ISO 8601.
    """
    if cell.type == column.type:
        return cell.expression
    if column.type == "string":
        return f"cast({cell.expression} as string)"
    if cell.type == "string":
        return _parsed(cell.expression, column.type, pattern)
    typed = f"try_cast({cell.expression} as {column.type})"
    return f"if(try_cast({typed} as {cell.type}) = {cell.expression}, {typed}, null)"


def _parsed(text: str, type_: str, pattern: str | None) -> str:
    """A text as a value of a type."""
    if type_ == "date" and pattern:
        return f"try_to_date({text}, {literal(pattern)})"
    if type_ in ("timestamp", "timestamp_ntz"):
        if pattern:
            return f"cast(try_to_timestamp({text}, {literal(pattern)}) as {type_})"
        # Spark's cast would take 2023 for the first of January, and 12:30 for today.
        iso = ISO_TIMESTAMP + (ISO_OFFSET if type_ == "timestamp" else "$")
        # Nor does it take an offset without seconds before it.
        full = f"regexp_replace({text}, {literal(NO_SECONDS)}, '$1:00')"
        return f"if({text} rlike {literal(iso)}, try_cast({full} as {type_}), null)"
    if type_.startswith("decimal"):
        return _decimal(text, type_)
    if type_ in ("float", "double"):
        return _floating(text, type_)
    return f"try_cast({text} as {type_})"


def _number(text: str) -> str:
    """A text without the blanks around it."""
    return f"trim(both {literal(BLANKS)} from {text})"


def _decimal(text: str, type_: str) -> str:
    """A decimal, if the type has as many places as the text; a cast would round silently."""
    scale = int(re.findall(r"\d+", type_)[1])
    number = _number(text)
    point = f"instr({number}, '.')"
    # Most cells have few places as they stand: that is one look instead of two trims.
    plain = (
        f"instr({text}, '.') >= length({text}) - {scale} or {point} = 0 "
        f"or length(trim(trailing '0' from {number})) - {point} <= {scale}"
    )
    # 1.50e-1 has the places of 1.5, and one more; 1500e-2 those of 15 less two.
    fraction = f"regexp_extract({number}, {literal(r'[.]([0-9]*?)0*[eE]')}, 1)"
    zeros = f"regexp_extract({number}, {literal(r'[1-9](0*)[.]?0*[eE]')}, 1)"
    exponent = f"cast(regexp_extract({number}, {literal(r'[eE](.*)')}, 1) as int)"
    places = f"if({fraction} = '', -length({zeros}), length({fraction})) - {exponent} <= {scale}"
    scientific = (
        f"{number} rlike {literal(SCIENTIFIC)} and ({places} or {number} rlike {literal(ZERO)})"
    )
    exact = f"if(contains({text}, 'e') or contains({text}, 'E'), {scientific}, {plain})"
    return f"if({exact}, try_cast({text} as {type_}), null)"


def _floating(text: str, type_: str) -> str:
    """A float or double, if the text is a number that does not overflow to infinity or vanish to zero."""
    number = _number(text)
    typed = f"try_cast({number} as {type_})"
    overflow = f"abs({typed}) = cast('Infinity' as {type_}) and not contains({text}, 'I')"
    vanished = f"{typed} = 0 and {number} rlike {literal('^[^eE]*[1-9]')}"
    return f"if({number} rlike {literal(FLOATING)} and not ({overflow}) and not ({vanished}), {typed}, null)"


def unfit(cell: Cell, column: Column, cast: str) -> str:
    """Whether a cell holds something that its `cast` makes no value of, as SQL; may be null for false."""
    if not cell.raw and column.type in (cell.type, "string"):
        return "false"
    holds = f"{cell.held} is not null"
    if cell.type == "string":
        holds = f"{cell.expression} <> ''" + (
            f" or {holds} and {cell.expression} is null" if cell.raw else ""
        )
    return f"({cast} is null and ({holds}))"


def empty(cell: Cell) -> str:
    """Whether a cell is null or blank, as SQL."""
    blank = f" or trim({cell.expression}) = ''" if cell.type == "string" else ""
    return f"({cell.held} is null{blank})"


def reason(cell: Cell, column: Column, pattern: str | None) -> str:
    """Why a cell that does not fit does not, as SQL."""
    shaped = f" as {pattern}" if pattern and cell.type == "string" else ""
    not_typed = literal(f"is no {column.type}{shaped}")
    return (
        f"if({empty(cell)}, 'is required, and is empty', {not_typed})"
        if column.required
        else not_typed
    )
