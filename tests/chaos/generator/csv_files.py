"""Random CSV files."""

from collections.abc import Sequence
from random import Random

from tests.chaos.datasets import Dataset
from tests.chaos.generator.rows import draw_layout, draw_row


def csv_file(dataset: Dataset, random: Random, rows: int, invalid_rate: float) -> bytes:
    """A CSV file with rows; the rate is the probability that a row has invalid cells."""
    layout = draw_layout(dataset, random)
    line_end = random.choice(["\n", "\n", "\r\n"])
    lines = []
    if dataset.header:
        lines.append(_line([column for column, _ in layout.columns], dataset, random))
    for _ in range(rows):
        cells = draw_row(dataset, layout, random, invalid_rate)
        write = _malformed_line if random.random() < invalid_rate / 4 else _line
        lines.append(write(cells, dataset, random))
        if random.random() < 0.02:
            lines.append("")
    content = line_end.join(lines) + (line_end if random.random() < 0.8 else "")
    if dataset.encoding != "utf-8":
        return content.encode(dataset.encoding)
    undecodable = b""
    if invalid_rate and random.random() < 0.2:
        others = dataset.separator * (len(layout.columns) - 1)
        undecodable = f"{line_end}caf".encode() + b"\xe9" + f"{others}{line_end}".encode()
    byte_order_mark = b"\xef\xbb\xbf" if random.random() < 0.1 else b""
    return byte_order_mark + content.encode() + undecodable


def _line(cells: Sequence[str | None], dataset: Dataset, random: Random) -> str:
    quote, written = dataset.quote, []
    for cell in cells:
        must_quote = cell is not None and (
            not cell
            or cell.startswith(quote)
            or any(sign in cell for sign in (dataset.separator, "\n", "\r"))
        )
        if must_quote or (cell is not None and random.random() < 0.2):
            written.append(quote + cell.replace(quote, quote * 2) + quote)
        else:
            written.append(cell or "")
    return dataset.separator.join(written)


def _malformed_line(cells: Sequence[str | None], dataset: Dataset, random: Random) -> str:
    """A line with too many or too few fields, or with an open quote if lines are rows."""
    separator, line = dataset.separator, _line(cells, dataset, random)
    lines = [f"{line}{separator}more", "77"]
    if not dataset.multi_line:
        lines.append(_line(cells[:-1], dataset, random) + f"{separator}{dataset.quote}open")
    return random.choice(lines)


def empty_csv_file(dataset: Dataset, random: Random) -> bytes:
    """A CSV file without rows."""
    header = b""
    if dataset.header:
        header = dataset.separator.join(field.name for field in dataset.fields).encode()
    return random.choice([b"", b"\n\n", header, header + b"\n", header + b"\r\n\r\n"])


def invalid_csv_file(dataset: Dataset, random: Random) -> bytes:
    """A binary file, or a header with a missing required column or a duplicate column."""
    if not dataset.header:
        return b"\x89PNG\xff\xfe" * 40
    separator = dataset.separator
    optional = [field.name for field in dataset.fields if not field.required]
    lines = (separator.join(optional), separator.join("x" for _ in optional), "")
    return random.choice(
        [
            "\n".join(lines).encode(),
            b"PNG\x01\x02" * 40,
            f"id{separator}id\n1{separator}2\n".encode(),
        ]
    )
