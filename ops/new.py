"""`lakehouse new source`: the contract and the staging model of a new table, from its files."""

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings
from loaders.columns import AUDIT_COLUMNS, Column
from loaders.contract import Contract
from loaders.guess import Guess, guess
from loaders.guess.names import column_name
from loaders.guess.texts import IDENTIFIER
from loaders.listing import Landing, Part

# So many files of a folder are read.
FILES = 20
# The owner of the group that a new folder of models has.
OWNER = "Data Platform"
# A line of SQL is at most so long: see .sqlfluff.
SQL_WIDTH = 80
AUDIT_TYPES = {"_source_modified_at": "timestamp", "_loaded_at": "timestamp"}
# The audit columns that a staging model keeps.
KEPT = ("_source_file", "_source_modified_at", "_loaded_at")


@dataclass(frozen=True)
class Place:
    """A table of the landing folder: names of source and table, its folder and its files."""

    source: str
    table: str
    location: str
    parts: tuple[Part, ...]


@click.group("new")
def new() -> None:
    """Files for a new part of the project."""


@new.command("source")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--source", help="Name of the source, instead of its folder's.")
@click.option("--table", help="Name of the table, instead of its folder's.")
@click.pass_obj
def new_source(
    settings: Settings, files: tuple[str, ...], source: str | None, table: str | None
) -> None:
    """Write the contract and the staging model of a table, guessed from FILES or folders.

    The files are below the landing folder, in <source>/<table>/. No file is overwritten.
    """
    landing = Landing(settings.landing)
    where = place(landing, files, source, table)
    found = guess(landing, where.parts)
    contract = found.contract(where.source, where.table, where.location)
    for line in write(PROJECT, contract, found):
        click.echo(line)


def place(landing: Landing, files: Collection[str], source: str | None, table: str | None) -> Place:
    """The table that the files belong to; raises LakehouseError if they have no or several."""
    if not landing.local:
        raise LakehouseError(
            f"the landing folder is {landing.root}, in an object store",
            "copy a file of each table to a local folder, and set LAKEHOUSE_LANDING to it",
        )
    inside = [_inside(landing, file) for file in files]
    folders = [
        path if os.path.isdir(file) else os.path.dirname(path)
        for path, file in zip(inside, files, strict=True)
    ]
    locations = sorted({"/".join(folder.split("/")[:2]) for folder in folders})
    if len(locations) > 1:
        raise LakehouseError(
            f"the files are in several folders: {', '.join(locations)}",
            "give the files of one table",
        )
    names = locations[0].split("/")
    if not locations[0] or (len(names) < 2 and not table):
        raise LakehouseError(
            f"{inside[0]} is not in the folder of a table",
            "move it to <source>/<table>/ in the landing folder",
        )
    parts = [part for path in inside for file in landing.listing(path).files for part in file.parts]
    if not parts:
        raise LakehouseError(f"there are no files in {', '.join(inside)}", "give other files")
    return Place(
        column_name(source or names[0]),
        column_name(table or names[1]),
        locations[0],
        tuple(parts[:FILES]),
    )


def _inside(landing: Landing, file: str) -> str:
    """A file's path, relative to the landing folder."""
    path, root = os.path.abspath(file), os.path.abspath(landing.root)
    if not os.path.exists(path):
        raise LakehouseError(f"there is no file {path}", "give files of the landing folder")
    if not path.startswith(f"{root}/"):
        raise LakehouseError(
            f"{path} is not in the landing folder {root}",
            "move it to <source>/<table>/ there, or set LAKEHOUSE_LANDING",
        )
    return path.removeprefix(f"{root}/")


def write(project: Path, contract: Contract, found: Guess) -> Iterator[str]:
    """Write the files; yields what was written, what to check and what to do next.

    If the source has a file already, its new entry is printed and not written. Raises
    LakehouseError, and writes nothing, if the staging model exists.
    """
    folder = project / "models" / "staging" / contract.source
    model = f"stg_{contract.source}__{contract.table}"
    sources = folder / f"_{contract.source}__sources.yml"
    written = {
        folder / f"{model}.sql": staging_sql(contract),
        folder / f"{model}.yml": staging_yaml(contract, model),
    }
    for path in written:
        if path.exists():
            raise LakehouseError(
                f"{path} exists already", "remove it, or name the table with --table"
            )
    entry = table_yaml(contract, found)
    if not sources.exists():
        written = {sources: source_yaml(contract) + entry, **written}
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        yield f"written: {path.relative_to(project)}"
    if sources not in written:
        yield f"{sources.relative_to(project)} exists: add this entry to its tables\n\n{entry}"
    yield from (f"check: {note}" for note in found.notes)
    yield f"""
Next:
1. Check the types, and describe the columns. Mark required columns: data_tests: [not_null]
2. lakehouse load {contract.dataset}
3. lakehouse quarantine list {contract.dataset}
4. dbt build -s {model}"""


def source_yaml(contract: Contract) -> str:
    """The head of a source's file; the entries of its tables follow."""
    return f"""\
sources:
  - name: {contract.source}
    schema: {contract.schema}
    description: Files in {contract.location.partition("/")[0]}/ of the landing folder.
    config:
      meta: {{owner: {OWNER}}}
      loaded_at_query: >
        select max(closed_at) from bronze.load_log
        where dataset = '{{{{ model.source_name }}}}.{{{{ model.name }}}}'
      freshness:
        warn_after: {{count: 7, period: day}}
    tables:
"""


def table_yaml(contract: Contract, found: Guess) -> str:
    """The entry of a table in its source."""
    lines = [
        f"      - name: {contract.table}",
        f"        identifier: {contract.identifier}",
        "        description: One row per row of the files, as delivered.",
        "        external:",
        f"          location: {scalar(contract.location)}",
        f"          using: {contract.using}",
    ]
    if contract.options:
        lines.append("          options:")
        lines += [f"            {key}: {scalar(value)}" for key, value in contract.options.items()]
    marks = {"decimal": found.marks.decimal, "thousands": found.marks.thousands}
    if any(column.localized for column in contract.columns):
        lines += ["        config:", f"          meta: {flow({'loader': marks})}"]
    lines.append("        columns:")
    for column in contract.columns:
        lines += [f"          - name: {column.name}", f"            data_type: {column.type}"]
        own = {"path": column.path, "name": column.file_name}
        if meta := {key: value for key, value in own.items() if value}:
            lines.append(f"            config: {flow({'meta': {'loader': meta}})}")
        lines.append(f"            description: {scalar(column.description)}")
    for name in AUDIT_COLUMNS:
        lines += [
            f"          - name: {name}",
            f"            data_type: {AUDIT_TYPES.get(name, 'string')}",
            f"            description: \"{{{{ doc('{name}') }}}}\"",
        ]
    return "\n".join(lines) + "\n"


def staging_sql(contract: Contract) -> str:
    """The staging model: blanks trimmed, empty texts null, columns by kind."""
    columns = ",\n".join(f"        {_selected(column)}" for column in by_kind(contract.columns))
    kept = ",\n".join(f"        {name}" for name in KEPT)
    return f"""\
with

source as (

    select * from {{{{ source('{contract.source}', '{contract.table}') }}}}

),

renamed as (

    select
{columns},
{kept}

    from source

)

select * from renamed
"""


def _selected(column: Column) -> str:
    if column.type != "string":
        return column.name
    value, alias = f"nullif(trim({column.name}), '')", f"as {column.name}"
    # Indented by 8, with a comma.
    fits = 8 + len(f"{value} {alias},") <= SQL_WIDTH
    return f"{value} {alias}" if fits else f"{value}\n            {alias}"


def by_kind(columns: Sequence[Column]) -> list[Column]:
    """Ids, strings, numbers, booleans, dates; others last."""

    def kind(column: Column) -> int:
        if column.type == "string":
            return 0 if IDENTIFIER.search(column.name) else 1
        if column.is_number:
            return 2
        return {"boolean": 3, "date": 4, "timestamp": 4, "timestamp_ntz": 4}.get(column.type, 5)

    return sorted(columns, key=kind)


def staging_yaml(contract: Contract, model: str) -> str:
    """The YAML of the staging model."""
    lines = [
        "models:",
        f"  - name: {model}",
        "    description: >",
        "      One row per delivered row: columns renamed, blanks trimmed, empty texts null.",
        "    columns:",
    ]
    for column in by_kind(contract.columns):
        lines += [
            f"      - name: {column.name}",
            f"        description: {scalar(column.description)}",
        ]
    for name in KEPT:
        lines += [
            f"      - name: {name}",
            f"        description: \"{{{{ doc('{name}') }}}}\"",
        ]
    return "\n".join(lines) + "\n"


# YAML takes other plain texts for numbers, booleans or nulls, or they have signs of YAML.
PLAIN = re.compile(
    r"(?!(true|false|yes|no|on|off|null|y|n)$)[A-Za-z/$][\w ,()./%$-]*[\w).%]", re.IGNORECASE
)


def scalar(value: object) -> str:
    """A value in YAML, quoted if needed."""
    if isinstance(value, str) and PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def flow(value: object) -> str:
    """Nested mappings in one line of YAML: {meta: {loader: {name: Avg Stay}}}."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    # A comma ends a value in one line.
    return json.dumps(value, ensure_ascii=False) if "," in str(value) else scalar(value)
