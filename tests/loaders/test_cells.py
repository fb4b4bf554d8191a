"""Cells as values: one statement for each type of cell and of column."""

from decimal import Decimal

import pytest

from lakehouse.sql import literal
from loaders import cells
from loaders.cells import Cell
from loaders.columns import Column

# By type and pattern: texts that fit with their values, and texts that do not.
FROM_TEXT = {
    ("int", None): (
        {"1": 1, " -7 ": -7, "+5": 5, "2147483647": 2147483647},
        ["1.0", "1e3", "2147483648", "x", "1,5"],
    ),
    ("bigint", None): (
        {"9223372036854775807": 9223372036854775807},
        ["9223372036854775808", "0x1"],
    ),
    ("decimal(18,6)", None): (
        {
            **{
                text: Decimal(text.strip())
                for text in ("123456", "0.000001", "+2.5", " 7.25 ", "1.00000000", "-.5", "3.")
            },
            **{
                text: Decimal(text)
                for text in ("1e-6", "1.5E3", "1500e-2", "0.0001e2", "1E+0002", "10.50e-1", "0e-30")
            },
        },
        [
            *(
                "0.0000001",
                "5e-7",
                "5E-7",
                "1e-9",
                "1.0000001",
                "1234567890123",
                "1e12",
                "one",
                "1e-50",
                "1.e",
                "e5",
            ),
            *(
                "1e-9999999",
                "1e9999999",
                "1.00000000000000000000000000000001e0",
                "NaN",
                "1e-400",
                "--1",
                "1d",
            ),
        ],
    ),
    ("decimal(38,2)", None): (
        {"1.00": Decimal("1.00"), "9" * 36: Decimal("9" * 36), "12.5e-1": Decimal("1.25")},
        ["1.005", "1e-50", "1.005e0", "9" * 37],
    ),
    ("decimal(8,2)", None): (
        {"-0": Decimal("0.00"), "1e2": Decimal("100.00")},
        ["1.234", "1234567.00", "NaN", "1,5"],
    ),
    ("double", None): (
        {"1": 1.0, "-1.5e3": -1500.0, " .5 ": 0.5, "1e-300": 1e-300, "0e0": 0.0, "0.0": 0.0},
        ["1d", "1f", "0x1p3", "1e400", "-1e400", "1e-400", "one", "1e", "1 2", "inf"],
    ),
    ("float", None): ({"1.5": 1.5}, ["1e39", "1d", "1e-60"]),
    ("date", "yyyy-MM-dd"): (
        {"2022-12-31": "2022-12-31"},
        ["2022-1-1", "2022", "31-12-2022", "2022-02-30", "2022-1"],
    ),
    ("timestamp", None): (
        {
            "2022-12-31T23:59:59.123456Z": "2022-12-31 23:59:59.123456",
            "2022-12-31 23:59:59": "2022-12-31 23:59:59",
            "2022-12-31T23:59": "2022-12-31 23:59:00",
            "2022-12-31T23:59:00+03:00": "2022-12-31 20:59:00",
            "2022-12-31 23:59+03:00": "2022-12-31 20:59:00",
            "2022-12-31T23:59Z": "2022-12-31 23:59:00",
            "2022-12-31T23:59:59.1234560000": "2022-12-31 23:59:59.123456",
        },
        [
            "12:30",
            "2023",
            "2022-12",
            "2022-12-31",
            "2022-12-31T25:00:00",
            "2022-12-31 23:59:59.1234567",
            "now",
            "today",
        ],
    ),
    ("timestamp_ntz", None): (
        {"2022-12-31 23:59:59": "2022-12-31 23:59:59"},
        ["2022-12-31T23:59:00Z", "12:30"],
    ),
    ("boolean", None): ({"true": True, "FALSE": False}, ["maybe", "2"]),
    ("string", None): ({" as it is ": " as it is ", "": ""}, []),
}
# By the file's type and the column's: valid SQL values with their results, and invalid ones.
FROM_VALUES = {
    ("bigint", "int"): ({"7": 7}, ["3000000000"]),
    ("double", "decimal(8,2)"): ({"2.5D": Decimal("2.50")}, ["1.005D", "double('NaN')"]),
    ("timestamp", "date"): (
        {"timestamp'2022-01-02 00:00:00'": "2022-01-02"},
        ["timestamp'2022-01-02 10:00:00'"],
    ),
    ("decimal(20,4)", "bigint"): ({"cast(5 as decimal(20,4))": 5}, ["cast(5.5 as decimal(20,4))"]),
    ("bigint", "string"): ({"12": "12"}, []),
}


# By type, decimal and thousands: the same.
LOCALIZED = {
    ("decimal(18,2)", ",", "."): (
        {
            "1.234,5": Decimal("1234.50"),
            "12.345.678,90": Decimal("12345678.90"),
            "-1234,5": Decimal("-1234.50"),
            " ,5 ": Decimal("0.50"),
            "1.234": Decimal("1234.00"),
            "1,5e2": Decimal("150.00"),
            "0": Decimal("0.00"),
        },
        [
            *("12.34", "1.2345", "1234.567,0", "0.123", "1.234.56", "1.234,567", ".123"),
            *("1,234.5", "1,5,5", "1.5", "1 234", "--1", ",", " ", "x", "1.234e3"),
        ],
    ),
    ("int", ",", "."): ({"1.234": 1234, "+7": 7}, ["1,0", "1.23", "3.000.000.000"]),
    ("bigint", ".", "'"): ({"3'000'000'000": 3_000_000_000, "12": 12}, ["3'00", "1,000"]),
    ("double", ",", "\u00a0"): (
        {"1\u00a0234,5": 1234.5, "1e3": 1000.0, "-Infinity": float("-inf")},
        ["1.5", "1 234", "1\u00a0234e2", "inf"],
    ),
    ("decimal(8,2)", ",", ""): ({"1234,50": Decimal("1234.50")}, ["1.234,50", "1234.5"]),
}


def outcomes(
    session, cell_type: str, column: Column, pattern: str | None, held: list[str]
) -> list[tuple]:
    """The value of each cell, and whether it does not fit."""
    cell = Cell("held", cell_type)
    if cells.localized(cell, column):
        cell = Cell(f"({cells.plain_number(cell, column)})", raw="held")
    value = cells.value(cell, column, pattern)
    rows = ", ".join(f"({number}, {one})" for number, one in enumerate(held))
    return session.execute(
        f"select {value}, coalesce({cells.is_invalid(cell, column, value)}, false) "
        f"from values {rows} as t(number, held) order by number"
    )


def shown(value: object) -> object:
    return value if isinstance(value, (int, float, Decimal)) else str(value)


@pytest.mark.parametrize(("type_", "pattern"), FROM_TEXT)
def test_a_text_is_cast_exactly_or_is_invalid(session, type_, pattern):
    fitting, unfit = FROM_TEXT[type_, pattern]
    found = outcomes(
        session, "string", Column("c", type_), pattern, list(map(literal, [*fitting, *unfit]))
    )
    values = {
        text: shown(value)
        for text, (value, wrong) in zip(fitting, found, strict=False)
        if not wrong
    }
    assert values == fitting
    rest = dict(zip(unfit, found[len(fitting) :], strict=True))
    assert {text: outcome for text, outcome in rest.items() if outcome != (None, True)} == {}


@pytest.mark.parametrize(("type_", "decimal", "thousands"), LOCALIZED)
def test_a_localized_number_is_cast_exactly_or_is_invalid(session, type_, decimal, thousands):
    fitting, unfit = LOCALIZED[type_, decimal, thousands]
    column = Column("c", type_, decimal=decimal, thousands=thousands)
    found = outcomes(session, "string", column, None, list(map(literal, [*fitting, *unfit])))
    assert found == [(value, False) for value in fitting.values()] + [(None, True)] * len(unfit)
    assert outcomes(session, "string", column, None, ["''", "null"]) == [(None, False)] * 2


@pytest.mark.parametrize(("held", "type_"), FROM_VALUES)
def test_a_value_of_another_type_is_cast_exactly_or_is_invalid(session, held, type_):
    fitting, unfit = FROM_VALUES[held, type_]
    found = outcomes(session, held, Column("c", type_), None, [*fitting, *unfit])
    assert [shown(value) for value, wrong in found if not wrong] == list(fitting.values())
    assert [outcome for outcome in found if outcome[1]] == [(None, True)] * len(unfit)


def test_an_empty_cell_is_null_and_not_invalid(session):
    assert (
        outcomes(session, "string", Column("c", "int"), None, ["''", "null"]) == [(None, False)] * 2
    )
