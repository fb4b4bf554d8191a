"""Random cells of CSV and JSON files, as texts: valid and invalid ones for each type."""

from datetime import date, datetime, timedelta
from random import Random

from tests.chaos.datasets import Dataset, Field

# Other alphabets do not have some Turkish letters, or have other capital letters for them.
WORDS = (
    "çağ",
    "İstanbul",
    "\u0131ğd\u0131r",
    "plain",
    "two words",
    " led",
    "trailing ",
    "O'Neil",
    "a\\b",
    "null",
    "NaN",
    "1,5",
)
UNICODE = ("🛒 cart", "naïve “quoted”", "東京")
NOTES = ("${x}", "--", "#no comment", "'", "%20", "a=b;c", "tab\there", 'say "hi"', "a|b", "x, y")


def base_type(kind: str) -> str:
    """A type's name without its precision."""
    return kind.partition("(")[0]


def valid_text(field: Field, dataset: Dataset, random: Random) -> str:
    """The text of a value that the field's type can hold."""
    return VALID[base_type(field.type)](field, dataset, random)


def invalid_text(kind: str, random: Random) -> str:
    """A text that the type cannot hold. A string can hold every text, so it has none."""
    return random.choice(INVALID[base_type(kind)])


def _integer(field: Field, dataset: Dataset, random: Random) -> str:
    bits = 31 if field.type == "int" else 63
    edge = [str(2**bits - 1), str(-(2**bits)), "+5", "007", " 12", "13 ", "-0"]
    return random.choice(edge) if random.random() < 0.2 else str(random.randint(-(10**5), 10**6))


DECIMAL_EDGES = (
    "999999.99",
    "-999999.99",
    "1.50000",
    "1e2",
    "25E-1",
    ".5",
    "+3.1",
    " 4.20 ",
    "-0.00",
    "0e1",
)


def _decimal(field: Field, dataset: Dataset, random: Random) -> str:
    if field.type != "decimal(8,2)":
        return f"{random.randint(-(10**28) + 1, 10**28 - 1)}.{random.randint(0, 10**10 - 1):010}"
    if random.random() < 0.3:
        return random.choice(DECIMAL_EDGES)
    return f"{random.randint(-(10**7), 10**7) / 100:.2f}"


def _date(field: Field, dataset: Dataset, random: Random) -> str:
    day = date(1950, 1, 1) + timedelta(random.randint(0, 50_000))
    return day.strftime(dataset.date_format)


def _timestamp(field: Field, dataset: Dataset, random: Random) -> str:
    moment = datetime(1975, 1, 1) + timedelta(seconds=random.randint(0, 2_000_000_000))
    if dataset.timestamp_format:
        return moment.strftime(dataset.timestamp_format)
    without_seconds = "%Y-%m-%dT%H:%M"
    pattern = random.choice([without_seconds, "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
    if pattern == without_seconds:
        return moment.strftime(pattern)
    fraction = random.choice(["", "", ".1", ".123", ".000001", ".120000"])
    zone = random.choice(["", "Z", "+03:00", "-05:30"])
    return moment.strftime(pattern) + fraction + zone


DOUBLE_EDGES = (
    "1e2",
    "-1.5E-3",
    "0.1",
    "-0.0",
    "1.7976931348623157e308",
    "123456789012345680",
    ".5",
    " 2.5 ",
)


def _double(field: Field, dataset: Dataset, random: Random) -> str:
    if random.random() < 0.4:
        return random.choice(DOUBLE_EDGES)
    return repr(random.uniform(-1000, 1000))


def _string(field: Field, dataset: Dataset, random: Random) -> str:
    texts = [*WORDS, *NOTES, str(random.randint(0, 10**9))]
    if dataset.encoding == "utf-8":
        texts += UNICODE
    text = random.choice(texts)
    if random.random() < 0.2:
        text += random.choice(["", " ", dataset.separator, dataset.quote]) + random.choice(texts)
    if dataset.using == "csv" and dataset.multi_line and random.random() < 0.3:
        text += "\nand\n\nmore"
    return "" if random.random() < 0.05 else text


VALID = {
    "int": _integer,
    "bigint": _integer,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "double": _double,
    "string": _string,
}
INVALID = {
    "int": ["2147483648", "-99999999999", "1.0", "abc", "1,000", "0x1F", "1e2", "--1", "bad 1"],
    "bigint": ["9223372036854775808", "12.5", "twelve", "1 2", "9" * 40],
    "decimal": [
        "1.005",
        "1,5",
        "NaN",
        "1e-9999",
        "1e9999",
        "1e-9999999",
        "12e40",
        "0.001e-40",
        "x",
        "1.2.3",
    ],
    "date": ["2022-02-30", "2022-13-01", "31-02-2022", "2022", "2022-1-1", "yesterday", "01.02.22"],
    "timestamp": [
        "12:30",
        "2023",
        "2023-01-01",
        "2023-02-30 10:00:00",
        "2023-01-01 25:00:00",
        "2023-01-01T10",
        "2023-01-01 10:00:00.1234567",
        "noon",
    ],
    "double": ["1d", "1.5f", "0x1p3", "1e400", "-1e400", "one", "1,5", "1e"],
}
