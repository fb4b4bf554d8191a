"""Types of texts: the narrowest type that can hold every one of them exactly."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

# A column with such a name is an identifier: a number of it is never added up.
IDENTIFIER = re.compile(r"(^|_)(ids?|no|nr|code|kodu?|key|number|phone|zip|barcode|ean|sku|iban)$")
# Patterns of the loader, each with that of Python, and whether it is clear in itself: a date such
# as 03/04/2023 is clear only if a day is above 12.
DATES = {
    "yyyy-MM-dd": ("%Y-%m-%d", True),
    "yyyy/MM/dd": ("%Y/%m/%d", True),
    "dd.MM.yyyy": ("%d.%m.%Y", True),
    "dd-MM-yyyy": ("%d-%m-%Y", False),
    "MM-dd-yyyy": ("%m-%d-%Y", False),
    "dd/MM/yyyy": ("%d/%m/%Y", False),
    "MM/dd/yyyy": ("%m/%d/%Y", False),
}
TIMES = {"HH:mm": "%H:%M", "HH:mm:ss": "%H:%M:%S"}
ISO_TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
ISO_DATE, ISO_TIME = "yyyy-MM-dd", "ISO 8601"
# Digits of the largest numbers that int, bigint and decimal hold without a thought.
INT_DIGITS, BIGINT_DIGITS, DECIMAL_DIGITS = 9, 18, 38
MONEY = (18, 2)


@dataclass(frozen=True)
class Marks:
    """The decimal mark and the thousands mark of numbers; no thousands mark if it is empty."""

    decimal: str = "."
    thousands: str = ""

    def plain(self, text: str) -> str | None:
        """The number with a decimal point and no thousands; None if the text is no such number."""
        mark, thousands = re.escape(self.decimal), re.escape(self.thousands)
        grouped = rf"|[1-9]\d{{0,2}}({thousands}\d{{3}})+" if thousands else ""
        # A number with leading zeros is an identifier.
        if not re.fullmatch(rf"-?(0|[1-9]\d*{grouped})({mark}\d+)?", text, re.ASCII):
            return None
        return text.replace(self.thousands or "\0", "").replace(self.decimal, ".")


POINT = Marks()
# Of marks that fit the same columns the first are taken.
STYLES = (
    POINT,
    Marks(",", ""),
    Marks(",", "."),
    Marks(".", ","),
    Marks(",", " "),
    Marks(",", "\N{NO-BREAK SPACE}"),
    Marks(".", "'"),
)


def marks_of(columns: Iterable[Collection[str]]) -> tuple[Marks, list[int]]:
    """The marks of the numbers of a table, and which of its columns are not clear.

    A text such as 1.234 is 1234 with one kind of marks and 1.234 with another. It is clear only if
    another column of the table fits one of them and not the other.
    """
    columns = list(columns)
    fitting = {
        style: {n for n, texts in enumerate(columns) if _fits(style, texts)} for style in STYLES
    }
    chosen = max(STYLES, key=lambda style: len(fitting[style]))
    unclear = [
        n
        for n in sorted(fitting[chosen])
        for other in STYLES
        if n in fitting[other]
        and not fitting[chosen] - fitting[other]
        and any(chosen.plain(text) != other.plain(text) for text in columns[n])
    ]
    return chosen, sorted(set(unclear))


def _fits(style: Marks, texts: Collection[str]) -> bool:
    return bool(texts) and all(style.plain(text) is not None for text in texts)


def type_of(name: str, texts: Collection[str], marks: Marks = POINT) -> str:
    """The type of a column with these texts, without dates; `string` in doubt."""
    if not texts or IDENTIFIER.search(name):
        return "string"
    if {text.lower() for text in texts} <= {"true", "false"}:
        return "boolean"
    numbers = [marks.plain(text) for text in texts]
    if None not in numbers:
        return _number_type([number for number in numbers if number])
    scientific = r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,2})?"
    if marks == POINT and all(re.fullmatch(scientific, text, re.ASCII) for text in texts):
        return "double"
    return "string"


def _number_type(numbers: Collection[str]) -> str:
    parts = [number.lstrip("-").partition(".") for number in numbers]
    whole = max(len(digits) for digits, _, _ in parts)
    places = max(len(digits) for _, _, digits in parts)
    if not places:
        # A longer number is an identifier.
        return "int" if whole <= INT_DIGITS else "bigint" if whole <= BIGINT_DIGITS else "string"
    precision, scale = MONEY
    scale = max(scale, places)
    if whole + scale > precision:
        precision = DECIMAL_DIGITS
    return f"decimal({precision},{scale})" if whole + scale <= precision else "string"


def pattern_of(columns: Mapping[str, Collection[str]]) -> tuple[str, list[str]]:
    """The date pattern that fits most columns, empty if none does, and the columns that it fits."""
    return _most(columns, {pattern: _date(pattern) for pattern in DATES})


def time_pattern_of(columns: Mapping[str, Collection[str]]) -> tuple[str, list[str]]:
    """The same for timestamps; `ISO 8601` needs no pattern."""
    tests: dict[str, Callable[[Collection[str]], bool]] = {
        ISO_TIME: lambda texts: all(ISO_TIMESTAMP.fullmatch(text) for text in texts)
    }
    for date in DATES:
        for time in TIMES:
            tests[f"{date} {time}"] = _date(date, time)
    return _most(columns, tests)


def _date(date: str, time: str = "") -> Callable[[Collection[str]], bool]:
    """Whether texts clearly have a pattern."""
    pattern, clear = DATES[date]
    pattern += f" {TIMES[time]}" if time else ""
    day = date.index("dd")

    def fits(texts: Collection[str]) -> bool:
        days = [text[day : day + 2] for text in texts]
        return all(_has_pattern(pattern, text) for text in texts) and (
            clear or any(each > "12" for each in days)
        )

    return fits


def _has_pattern(pattern: str, text: str) -> bool:
    try:
        # strptime also accepts a day or month of one digit.
        return datetime.strptime(text, pattern).strftime(pattern) == text
    except ValueError:
        return False


def _most(
    columns: Mapping[str, Collection[str]], tests: Mapping[str, Callable[[Collection[str]], bool]]
) -> tuple[str, list[str]]:
    fitting = {
        pattern: [name for name, texts in columns.items() if texts and fits(texts)]
        for pattern, fits in tests.items()
    }
    pattern = max(fitting, key=lambda each: len(fitting[each]))
    return (pattern, fitting[pattern]) if fitting[pattern] else ("", [])
