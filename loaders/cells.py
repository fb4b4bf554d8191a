"""SQL that casts a cell to its contract type, and checks that the cast is exact.

Pure functions. A cell that the type cannot hold exactly is invalid: a cast never rounds, truncates,
guesses or overflows.
"""

import re
from dataclasses import dataclass

from lakehouse.sql import literal
from loaders.columns import Column

# Characters that are allowed around a number.
BLANKS = " \t\r\n"
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"
# Spark needs minutes for larger exponents, and no type can hold them.
SCIENTIFIC = rf"^{NUMBER}[eE][+-]?0*[0-9]{{1,3}}$"
ZERO = r"^[+-]?[0.]+[eE]"
FLOATING = rf"^({NUMBER}([eE][+-]?0*[0-9]{{1,3}})?|NaN|[+-]?Infinity)$"
ISO_TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6}0*)?)?"
NO_SECONDS = r"^(.{16})(?=Z|[+-]|$)"
ISO_OFFSET = r"(Z|[+-][0-9]{2}:?[0-9]{2})?$"


@dataclass(frozen=True)
class Cell:
    """A column of the files: an SQL expression, and its Spark type in the files.

    `raw` is the original content, if `expression` converts it and is null for an invalid one.
    `is_number` is the condition (SQL) that the file has a number there and not a text.
    """

    expression: str
    type: str = "string"
    raw: str = ""
    is_number: str = "false"

    @property
    def content(self) -> str:
        """The original content (SQL)."""
        return self.raw or self.expression


def localized(cell: Cell, column: Column) -> bool:
    """Whether the cell is a text whose number has the marks of the column."""
    return column.localized and cell.type == "string"


def plain_number(cell: Cell, column: Column) -> str:
    """A localized number with a decimal point and no thousands (SQL); null if a mark is wrong.

    Thousands have groups of three digits, all or none: with `.`, 1.234 is valid and 12.34 is not.
    """
    text, number = cell.expression, _number(cell.expression)
    mark, thousands = re.escape(column.decimal), re.escape(column.thousands)
    grouped = rf"[1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+({mark}[0-9]*)?|" if thousands else ""
    plain = rf"[0-9]*({mark}[0-9]*)?([eE][+-]?[0-9]+)?|NaN|Infinity"
    valid = f"{text} = '' or {number} rlike {literal(f'^(?=.)[+-]?({grouped}{plain})$')}"
    # `translate` removes the characters that have no counterpart.
    marks = literal(column.decimal + column.thousands)
    unmarked = f"if({valid}, translate({number}, {marks}, '.'), null)"
    return unmarked if cell.is_number == "false" else f"if({cell.is_number}, {text}, {unmarked})"


def value(cell: Cell, column: Column, pattern: str | None) -> str:
    """The cell cast to its contract type (SQL); null if the type cannot hold it exactly.

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
    """A text cast to a type (SQL); null if it is not exactly a value of the type."""
    if type_ == "date" and pattern:
        return f"try_to_date({text}, {literal(pattern)})"
    if type_ in ("timestamp", "timestamp_ntz"):
        if pattern:
            return f"cast(try_to_timestamp({text}, {literal(pattern)}) as {type_})"
        # Spark's cast also accepts a year (as January 1) and a time (as today); see
        # https://github.com/apache/spark/pull/7353.
        iso = ISO_TIMESTAMP + (ISO_OFFSET if type_ == "timestamp" else "$")
        # Spark's cast does not accept an offset after hours and minutes: add the seconds.
        full = f"regexp_replace({text}, {literal(NO_SECONDS)}, '$1:00')"
        return f"if({text} rlike {literal(iso)}, try_cast({full} as {type_}), null)"
    if type_.startswith("decimal"):
        return _decimal(text, type_)
    if type_ in ("float", "double"):
        return _floating(text, type_)
    return f"try_cast({text} as {type_})"


def _number(text: str) -> str:
    """A text without blanks around it (SQL)."""
    return f"trim(both {literal(BLANKS)} from {text})"


def _decimal(text: str, type_: str) -> str:
    """A text cast to a decimal (SQL); null if the type has too few places."""
    scale = int(re.findall(r"\d+", type_)[1])
    number = _number(text)
    point = f"instr({number}, '.')"
    # The first condition is cheap and holds for most cells: it saves two trims.
    plain = (
        f"instr({text}, '.') >= length({text}) - {scale} or {point} = 0 "
        f"or length(trim(trailing '0' from {number})) - {point} <= {scale}"
    )
    # 1.50e-1 has one place more than 1.5, and 1500e-2 has none, like 15.
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
    """A text cast to a float or double (SQL); null if it overflows or underflows to zero."""
    number = _number(text)
    typed = f"try_cast({number} as {type_})"
    overflow = f"abs({typed}) = cast('Infinity' as {type_}) and not contains({text}, 'I')"
    underflow = f"{typed} = 0 and {number} rlike {literal('^[^eE]*[1-9]')}"
    exact = f"{number} rlike {literal(FLOATING)} and not ({overflow}) and not ({underflow})"
    return f"if({exact}, {typed}, null)"


def is_invalid(cell: Cell, column: Column, cast: str) -> str:
    """Whether `cast` is null although the cell has content (SQL); null means false."""
    if not cell.raw and column.type in (cell.type, "string"):
        return "false"
    has_content = f"{cell.content} is not null"
    if cell.type == "string":
        has_content = f"{cell.expression} <> ''" + (
            f" or {has_content} and {cell.expression} is null" if cell.raw else ""
        )
    return f"({cast} is null and ({has_content}))"


def empty(cell: Cell) -> str:
    """Whether a cell is null or blank (SQL)."""
    blank = f" or trim({cell.expression}) = ''" if cell.type == "string" else ""
    return f"({cell.content} is null{blank})"


def reason(cell: Cell, column: Column, pattern: str | None) -> str:
    """The reason why an invalid cell is rejected (SQL)."""
    format_ = f" with format {pattern}" if pattern and cell.type == "string" else ""
    if localized(cell, column):
        format_ = f" with decimal {column.decimal}"
        format_ += f" and thousands {column.thousands}" if column.thousands else ""
    not_typed = literal(f"is not a valid {column.type}{format_}")
    return (
        f"if({empty(cell)}, 'is required but empty', {not_typed})" if column.required else not_typed
    )
