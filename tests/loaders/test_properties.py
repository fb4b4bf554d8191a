"""Generated contracts and files: each row is loaded or rejected, and loaded values are exact."""

import io
import itertools
import re
from contextlib import suppress
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from lakehouse.settings import Settings
from loaders.contract import Column
from tests.loaders.bench import Bench

# Without digits of other scripts: Java accepts them in numbers.
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Nd"), exclude_characters="\ufffd\u2028\u2029"),
    max_size=8,
)
MESS = st.one_of(
    TEXT,
    st.sampled_from(
        ["", " ", "NaN", "1,5", "1e2", "-0", "31-02-2022", "null", "'", "\\", "9" * 40]
    ),
)
KINDS = {
    "int": st.integers(-(2**33), 2**33).map(str),
    "bigint": st.integers(-(2**65), 2**65).map(str),
    "decimal(8,2)": st.decimals(-(10**7), 10**7, places=3).map(lambda number: f"{number:f}"),
    "date": st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(str),
    "string": TEXT,
}


@st.composite
def deliveries(draw):
    """Columns with their types, and the rows of a file, with valid and invalid cells."""
    # A row with one column that is null would be a blank line.
    types = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=4))
    columns = tuple(
        Column(f"c{n}", type_, required=draw(st.booleans())) for n, type_ in enumerate(types)
    )
    row = st.tuples(
        *(st.one_of(KINDS[column.type], KINDS[column.type], MESS, st.none()) for column in columns)
    )
    return columns, draw(st.lists(row, min_size=1, max_size=40))


def expected(cell: str | None, column: Column):
    """The value of a cell by an independent reader; raises ValueError if it is invalid."""
    if column.required and (cell is None or not cell.strip(" ")):
        raise ValueError("empty")
    if cell is None or (cell == "" and column.type != "string"):
        return None
    if column.type == "string":
        return cell
    pattern, read = READ[column.type.partition("(")[0]]
    if not re.fullmatch(pattern, cell, re.ASCII):
        raise ValueError(cell)
    return read(cell)


def read_decimal(cell: str) -> Decimal:
    value = Decimal(cell.strip(" "))
    if abs(value) >= 10**6 or value != round(value, 2):
        raise ValueError(cell)
    return value.quantize(Decimal("0.01")) + 0


def read_integer(bits: int):
    def read(cell: str) -> int:
        value = int(cell)
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise ValueError(cell)
        return value

    return read


READ = {
    "int": (r" *[+-]?\d+ *", read_integer(32)),
    "bigint": (r" *[+-]?\d+ *", read_integer(64)),
    "decimal": (r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *", read_decimal),
    "date": (r"\d{4}-\d\d-\d\d", lambda cell: date.fromisoformat(cell).isoformat()),
}


def written(columns, rows) -> bytes:
    """The file: null is an empty field, and an empty text is two quotes."""
    text = io.StringIO()
    text.write(",".join(column.name for column in columns) + "\n")
    for row in rows:
        cells = ("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row)
        text.write(",".join(cells) + "\n")
    return text.getvalue().encode()


def test_every_row_is_loaded_exactly_or_rejected(server, session, tmp_path_factory):
    numbers = itertools.count()

    @configured(
        max_examples=5,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(deliveries())
    def check(delivery) -> None:
        columns, rows = delivery
        folder = str(tmp_path_factory.mktemp("landing"))
        place = Settings(server.home, folder, server.host, server.port)
        bench = Bench(place, session, f"any_{next(numbers)}")
        bench.change(columns=columns, options={})
        bench.put_bytes("a.csv", written(columns, rows))
        report = bench.load()

        fitting = []
        for row in rows:
            with suppress(ValueError):
                fitting.append(tuple(map(expected, row, columns)))
        landed = bench.rows(", ".join(column.name for column in columns))
        assert sorted(map(repr, landed)) == sorted(map(repr, fitting))
        assert report.rows_loaded + report.rows_rejected == report.rows_read == len(rows)
        assert len(bench.quarantined()) == report.rows_rejected

    check()
