"""Random file names and contents."""

import gzip
from random import Random

from tests.chaos.datasets import Dataset
from tests.chaos.deliveries import Content
from tests.chaos.generator.csv_files import csv_file, empty_csv_file, invalid_csv_file
from tests.chaos.generator.json_files import empty_json_file, invalid_json_file, json_file
from tests.chaos.generator.parquet_files import invalid_parquet_file, parquet_file
from tests.chaos.generator.rows import draw_row_count

STEMS = (
    "sales",
    "Sat\u0131ş",
    "a b",
    "100%",
    "x+y",
    "o'neil",
    "v[1]{2}",
    "${month}",
    "2024/01/day",
    "deep/er/file",
    "#1",
)


def new_name(dataset: Dataset, random: Random, number: int) -> str:
    """A file name with a unique number; the name of a directory contains "_dir"."""
    suffix = random.choice(dataset.suffixes)
    stem = f"{random.choice(STEMS)}_{number}" if random.random() < 0.5 else f"file_{number:03}"
    return f"{stem}_dir{suffix[1:]}" if suffix.startswith("/") else f"{stem}{suffix}"


def draw_content(dataset: Dataset, random: Random, name: str) -> Content:
    """The content of a file: without rows (8 %), invalid (8 %), or with rows."""
    draw = random.random()
    if draw < 0.08:
        return _packed(name, _empty_file(dataset, random, name))
    if draw < 0.16:
        return _invalid_file(dataset, random, name)
    # No rejects, few rejects, or more than the dataset allows.
    invalid_rate = random.choice([0, 0, 0, 0.1, 0.1, 0.6])
    rows = draw_row_count(random)
    if dataset.using == "parquet":
        return parquet_file(dataset, random, name, rows, invalid_rate)
    return _packed(name, TEXT_FILES[dataset.using](dataset, random, rows, invalid_rate))


TEXT_FILES = {"csv": csv_file, "json": json_file}


def _packed(name: str, content: Content) -> Content:
    return gzip.compress(content, mtime=0) if name.endswith(".gz") else content


def _empty_file(dataset: Dataset, random: Random, name: str) -> Content:
    if dataset.using == "parquet":
        return parquet_file(dataset, random, name, 0, 0)
    return {"csv": empty_csv_file, "json": empty_json_file}[dataset.using](dataset, random)


def _invalid_file(dataset: Dataset, random: Random, name: str) -> Content:
    """A file that the loader has to reject as a whole."""
    if dataset.using == "parquet":
        return invalid_parquet_file(dataset, random, name)
    valid = TEXT_FILES[dataset.using](dataset, random, 40, 0)
    if name.endswith(".gz"):
        packed = gzip.compress(valid, mtime=0)
        return packed[: len(packed) // 2]
    if dataset.using == "json":
        return invalid_json_file(dataset, random, valid)
    return invalid_csv_file(dataset, random)
