"""The files of a sample as tables of DuckDB: valid rows, rejects, and the latest versions.

Nothing of the generator is used. `<table>` has the valid rows, `<table>_checked` the rejects too,
`latest_<table>` one row per key, as silver has it.
"""

from pathlib import Path

import duckdb

# Paths, names and types of the columns; without a path, the name is the path.
COLUMNS = {
    "shop_accounts": """
        customer_id text
        name text
        email text
        registration_date date
        status text
        customer_segment text
        updated_at timestamptz
        is_deleted boolean""",
    "shop_orders": """
        order_id text
        customer_id text
        ordered_at timestamptz
        status text
        channel text
        updated_at timestamptz
        is_deleted boolean""",
    "shop_order_items": """
        order_id text
        line_no int
        product_id text
        quantity int
        unit_price decimal(18,2)
        discount_amount decimal(18,2)
        updated_at timestamptz
        is_deleted boolean""",
    "shop_payments": """
        transaction_id text
        order_id text
        customer_id text
        amount decimal(18,2)
        currency text
        method text
        status text
        transaction_date date
        updated_at timestamptz
        is_deleted boolean""",
    "web_sessions": """
        session.id session_id text
        visitor.customer_id customer_id text
        device.type device_type text
        session.start session_start timestamptz
        session.end session_end timestamptz
        updated_at timestamptz
        is_deleted boolean""",
    "web_events": """
        event.id event_id text
        session.id session_id text
        visitor.customer_id customer_id text
        event.type event_type text
        page.url page_url text
        event.at event_timestamp timestamptz""",
    "support_interactions": """
        interaction_id text
        customer_id text
        interaction_date date
        interaction_type text
        channel text
        agent text
        duration_seconds int
        satisfaction int
        updated_at timestamptz
        is_deleted boolean""",
}
KEYS = {
    "shop_accounts": "customer_id",
    "shop_orders": "order_id",
    "shop_order_items": "order_id, line_no",
    "shop_payments": "transaction_id",
    "web_sessions": "session_id",
    "web_events": "event_id",
    "support_interactions": "interaction_id",
}
# Both systems of the help desk, and the two together as `support_interactions`.
SYSTEMS = {"support_utf8": "interactions", "support_latin1": "interactions_latin1"}
# Each line of a file is one text.
LINES = (
    "columns = {'line': 'text'}, delim = '\1', quote = '', escape = '', header = false, "
    "filename = true"
)
# The chain of events from the start of a session; ends are rebuilt from it.
CHAINS = """
create table chains as
with recursive moments as (
    select s.session_id, e.event_timestamp as moment
    from latest_web_sessions s join latest_web_events e using (session_id)
    where s.session_end is null
), chain as (
    select session_id, session_start as moment from latest_web_sessions where session_end is null
    union
    select c.session_id, min(m.moment) as moment
    from chain c join moments m on m.session_id = c.session_id and m.moment > c.moment
    group by c.session_id, c.moment
    having min(m.moment) - c.moment <= interval 30 minutes
)
select session_id, max(moment) as session_end from chain group by session_id"""


def database(root: Path) -> duckdb.DuckDBPyConnection:
    """A database with the tables of a sample."""
    db = duckdb.connect()
    db.execute("set timezone = 'UTC'; set threads = 2")
    for table in COLUMNS:
        if table != "support_interactions":
            _read_json(db, table, root / table.replace("_", "/", 1))
    for table, folder in SYSTEMS.items():
        _read_csv(db, table, root / "support" / folder)
    for suffix in ("", "_checked"):
        both = " union all by name ".join(f"from {table}{suffix}" for table in SYSTEMS)
        db.execute(f"create table support_interactions{suffix} as {both}")
    snapshot = max((root / "shop/products").glob("*.parquet"))
    db.execute(f"""
create table shop_products as select *, '{snapshot.stem}' as file_day from '{snapshot}';
create table latest_shop_products as from shop_products
qualify row_number() over (partition by product_id order by valid_from desc) = 1""")
    for table in KEYS:
        _keep_latest(db, table)
    db.execute(
        "create table kept_items as "
        "from latest_shop_order_items semi join latest_shop_orders using (order_id)"
    )
    db.execute(CHAINS)
    return db


def has_key(table: str) -> str:
    """The condition that a row has a key."""
    return " and ".join(f"{name} is not null" for name in KEYS[table].split(", "))


def _columns(table: str) -> list[tuple[str, str, str]]:
    """Path, name and type of each column."""
    parts = [line.split() for line in COLUMNS[table].strip().splitlines()]
    return [(part[0], part[-2], part[-1]) for part in parts]


def _read_json(db: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    db.execute(f"""
create table {table}_lines as
select filename[-16:-7] as file_day, line, json_valid(line) as is_split
from read_csv('{folder}/*.jsonl', {LINES})""")
    cells = [(f"line ->> '$.{path}'", name, kind) for path, name, kind in _columns(table)]
    _check(db, table, cells, "json_exists(line, '$.gift_note')")


def _read_csv(db: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    encoding = "latin-1" if table.endswith("latin1") else "utf-8"
    source = f"from read_csv('{folder}/*.csv', {LINES}, skip = 1, encoding = '{encoding}')"
    if not folder.exists():
        source = "from (select '' as filename, '' as line limit 0)"
    db.execute(f"""
create table {table}_lines as
select filename[-14:-5] as file_day, string_split(line, ';') as fields, len(fields) = 10 as is_split
{source}""")
    cells = [
        (f"nullif(fields[{number}], '')", name, kind)
        for number, (_, name, kind) in enumerate(_columns("support_interactions"), start=1)
    ]
    _check(db, table, cells, "false")


def _check(
    db: duckdb.DuckDBPyConnection, table: str, cells: list[tuple[str, str, str]], note: str
) -> None:
    """The rows with their types; valid is what has a value in every cell that is not empty."""
    typed = ", ".join(f"try_cast({sql} as {kind}) as {name}" for sql, name, kind in cells)
    fits = " and ".join(
        f"({sql} is null or try_cast({sql} as {kind}) is not null)" for sql, _, kind in cells
    )
    db.execute(f"""
create table {table}_checked as
select file_day, is_split, {fits} as is_valid, {note} as has_note, {typed}
from {table}_lines where is_split
union all by name
select file_day, is_split, false as is_valid from {table}_lines where not is_split;
create table {table} as
select * exclude (is_split, is_valid) from {table}_checked where is_valid""")


def _keep_latest(db: duckdb.DuckDBPyConnection, table: str) -> None:
    """The latest version of each key, not deleted."""
    order, live = "updated_at desc, file_day desc", "where not is_deleted"
    if table == "web_events":
        order, live = "file_day desc", ""
    db.execute(f"""
create table latest_{table} as
select * from (
    from {table} where {has_key(table)}
    qualify row_number() over (partition by {KEYS[table]} order by {order}) = 1
) {live}""")
