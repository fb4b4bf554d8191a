"""What columns the files of a batch hold, so that scans can bind by name."""

import csv
import gzip
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from loaders import statements
from loaders.contract import Contract, folded
from loaders.ledger import Outcome
from loaders.listing import LandedFile
from loaders.sql import identifier
from loaders.statements import Reader
from ops.errors import LakehouseError
from ops.thrift import Session, SqlError


class Unfit(Exception):
    """Why a whole file cannot be loaded."""


def _opener(path: Path) -> Callable:
    return gzip.open if path.suffix == ".gz" else open


def csv_header(file: LandedFile, contract: Contract) -> tuple[str, ...]:
    """The names in a CSV file's header; () for an empty file.

    Raises Unfit when the file cannot be read, or names a column twice.
    """
    [part] = file.parts
    options = {key.lower(): value for key, value in contract.options.items()}
    try:
        encoding = str(options.get("encoding", "utf-8"))
        encoding = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
        with _opener(part.path)(part.path, "rt", encoding=encoding, newline="") as text:
            reader = csv.reader(
                text, delimiter=options.get("sep", options.get("delimiter", ",")), quotechar=options.get("quote", '"')
            )
            names = tuple(name.strip() for name in next(reader, ()))
    except (OSError, EOFError, UnicodeError, csv.Error) as error:
        raise Unfit(f"it cannot be read: {error}") from error
    matched = [folded(name) for name in names]
    if twice := sorted({name for name in matched if matched.count(name) > 1}):
        raise Unfit(f"its header names a column twice: {', '.join(twice)}")
    return names


def _require(contract: Contract, names: Iterable[str]) -> None:
    present = {folded(name) for name in names}
    absent = [column.name for column in contract.columns if column.required and folded(column.name) not in present]
    if absent:
        raise Unfit(f"it lacks the required column {', '.join(absent)}")


def csv_readers(
    session: Session, contract: Contract, load_id: str, files: Iterable[LandedFile], folder: str
) -> tuple[list[Reader], dict[str, str]]:
    """One reader for each header found, and why files were left out."""
    unfit: dict[str, str] = {}
    by_header: dict[tuple[str, ...], list[LandedFile]] = {}
    for file in files:
        try:
            header = csv_header(file, contract)
            if header:
                _require(contract, header)
            by_header.setdefault(header, []).append(file)
        except Unfit as error:
            unfit[file.name] = str(error)
    readers = []
    by_header.pop((), None)
    mine = secrets.token_hex(3)
    for number, (header, group) in enumerate(by_header.items()):
        table = identifier(statements.SCRATCH, f"{load_id}_{mine}_{number}")
        session.execute(statements.create_csv_scratch(table, contract, folder, len(header)))
        cells = {name: f"c{index}" for index, name in enumerate(header)}
        readers.append(Reader(table, tuple(group), cells, dict.fromkeys(header, "string"), corrupt="_corrupt_record"))
    return readers, unfit


def parquet_readers(
    session: Session, contract: Contract, files: Iterable[LandedFile], paths: dict[str, str]
) -> tuple[list[Reader], dict[str, str]]:
    """One reader for each file, and why files were left out."""
    readers, unfit = [], {}
    for file in files:
        relation = identifier("parquet", paths[file.name])
        try:
            described = session.execute(f"describe query select * from {relation}")
            physical = {name: type_ for name, type_, _ in described}
            _require(contract, physical)
        except SqlError as error:
            unfit[file.name] = f"it cannot be read as parquet: {error.message.splitlines()[0]}"
        except Unfit as error:
            unfit[file.name] = str(error)
        else:
            cells = {name: identifier(name) for name in physical}
            readers.append(Reader(relation, (file,), cells, physical))
    return readers, unfit


def require_seen(session: Session, contract: Contract, readers: Iterable[Reader], outcomes: dict[str, Outcome]) -> None:
    """Fail rather than close a file as loaded that has rows of which Spark read none."""
    for reader in readers:
        for file in reader.files:
            outcome = outcomes[file.name]
            if outcome.state == "loaded" and not outcome.rows_read and _has_rows(session, contract, reader, file):
                raise LakehouseError(
                    f"Spark read no row of {file.name}, which is not empty",
                    "load it again; if that repeats, rename the file and report its name to us",
                )


def _has_rows(session: Session, contract: Contract, reader: Reader, file: LandedFile) -> bool:
    if contract.using == "parquet":
        return session.execute(f"select 1 from {reader.relation} limit 1") != []
    [part] = file.parts
    with _opener(part.path)(part.path, "rb") as lines:
        next(lines, None)
        return any(line.strip() for line in lines)
