"""The figures of a sample, counted a second time: by DuckDB, over the written files.

Nothing of the generator is used. Each query follows the definition in docs/sample.md.
"""

from pathlib import Path

import duckdb

# Columns and types of each table; with the path of those that are nested.
COLUMNS = {
    "shop_accounts": "customer_id text, name text, email text, registration_date date, "
    "status text, customer_segment text, updated_at timestamptz, is_deleted boolean",
    "shop_orders": "order_id text, customer_id text, ordered_at timestamptz, status text, "
    "channel text, updated_at timestamptz, is_deleted boolean",
    "shop_order_items": "order_id text, line_no int, product_id text, quantity int, "
    "unit_price decimal(18,2), discount_amount decimal(18,2), updated_at timestamptz, "
    "is_deleted boolean",
    "shop_payments": "transaction_id text, order_id text, customer_id text, "
    "amount decimal(18,2), currency text, method text, status text, transaction_date date, "
    "updated_at timestamptz, is_deleted boolean",
    "web_sessions": "session.id text, visitor.customer_id text, device.type text, "
    "session.start timestamptz, session.end timestamptz, updated_at timestamptz, "
    "is_deleted boolean",
    "web_events": "event.id text, session.id text, visitor.customer_id text, event.type text, "
    "page.url text, event.at timestamptz",
}
NAMES = {
    "session.id": "session_id",
    "visitor.customer_id": "customer_id",
    "device.type": "device_type",
    "session.start": "session_start",
    "session.end": "session_end",
    "event.id": "event_id",
    "event.type": "event_type",
    "page.url": "page_url",
    "event.at": "event_timestamp",
}
CONTACTS = (
    "interaction_id text, customer_id text, interaction_date date, interaction_type text, "
    "channel text, agent text, duration_seconds int, satisfaction int, updated_at timestamptz, "
    "is_deleted boolean"
)
KEYS = {
    "shop_accounts": "customer_id",
    "shop_orders": "order_id",
    "shop_order_items": "order_id, line_no",
    "shop_payments": "transaction_id",
    "web_sessions": "session_id",
    "web_events": "event_id",
    "support_interactions": "interaction_id",
}
SILVER = {
    "shop_accounts": "int_accounts",
    "shop_orders": "int_orders",
    "shop_order_items": "int_order_items",
    "shop_payments": "int_payments",
    "web_sessions": "int_sessions",
    "web_events": "int_events",
    "support_interactions": "int_interactions",
}
Figures = dict[tuple[str, str | None], str]


class Count:
    """A database over the files of a sample."""

    def __init__(self, root: Path):
        self.root = root
        self.db = duckdb.connect()
        self.db.execute("set timezone = 'UTC'; set threads = 2")
        for table in COLUMNS:
            self._json(table, root / table.replace("_", "/", 1))
        folders = ("support_interactions", "support_interactions_latin1")
        for table in folders:
            self._csv(table)
        self.db.execute(
            "create table both_systems as from support_interactions "
            "union all by name from support_interactions_latin1"
        )
        snapshots = sorted((root / "shop/products").glob("*.parquet"))
        self.snapshot = snapshots[-1].stem
        self.db.execute(f"create table shop_products as from '{snapshots[-1]}'")
        for table in KEYS:
            self._latest(table)
        self._references()

    def _json(self, table: str, folder: Path) -> None:
        self.db.execute(f"""
create table {table}_lines as
select filename[-16:-7] as file_day, line, json_valid(line) as is_split
from read_csv('{folder}/*.jsonl', columns = {{'line': 'varchar'}}, delim = '\1', quote = '',
    escape = '', header = false, filename = true)""")
        cells = {
            NAMES.get(path, path): (f"line ->> '$.{path}'", kind)
            for path, kind in self._columns(COLUMNS[table])
        }
        self._typed(table, cells, "line ->> '$.gift_note'")

    def _csv(self, table: str) -> None:
        folder = self.root / table.replace("_", "/", 1)
        encoding = "latin-1" if table.endswith("latin1") else "utf-8"
        source = f"""
select filename[-14:-5] as file_day, string_split(line, ';') as fields, len(fields) = 10 as is_split
from read_csv('{folder}/*.csv', columns = {{'line': 'varchar'}}, delim = '\1', quote = '',
    escape = '', header = false, skip = 1, filename = true, encoding = '{encoding}')"""
        if not folder.exists():
            source = "select '' as file_day, ['']::varchar[] as fields, true as is_split limit 0"
        self.db.execute(f"create table {table}_lines as {source}")
        cells = {
            name: (f"nullif(fields[{number}], '')", kind)
            for number, (name, kind) in enumerate(self._columns(CONTACTS), start=1)
        }
        self._typed(table, cells, "null")

    def _typed(self, table: str, cells: dict[str, tuple[str, str]], extra: str) -> None:
        """The rows with valid cells, and beside them the number of rejects."""
        typed = ", ".join(
            f"try_cast({sql} as {kind}) as {name}" for name, (sql, kind) in cells.items()
        )
        fits = " and ".join(
            f"({sql} is null or try_cast({sql} as {kind}) is not null)"
            for sql, kind in cells.values()
        )
        self.db.execute(f"""
create table {table}_checked as
select file_day, is_split, is_split and {fits} as is_valid,
    {extra} as gift_note, {typed}
from {table}_lines where is_split
union all by name select file_day, is_split, false as is_valid from {table}_lines where not is_split;
create table {table} as
select * exclude (is_split, is_valid) from {table}_checked where is_valid""")

    @staticmethod
    def _columns(text: str) -> list[tuple[str, str]]:
        """Pairs of name and type of a list; a comma within a type has no blank after it."""
        return [tuple(part.split(" ", 1)) for part in text.split(", ")]

    def _bronze(self, table: str) -> str:
        return "both_systems" if table == "support_interactions" else table

    def _has_key(self, table: str) -> str:
        return " and ".join(f"{name} is not null" for name in KEYS[table].split(", "))

    def _latest(self, table: str) -> None:
        """The latest version of each key, not deleted."""
        order, live = "updated_at desc, file_day desc", "where not is_deleted"
        if table == "web_events":
            order, live = "file_day desc", ""
        self.db.execute(f"""
create table latest_{table} as
select * from (
    from {self._bronze(table)} where {self._has_key(table)}
    qualify row_number() over (partition by {KEYS[table]} order by {order}) = 1
) {live}""")

    def _references(self) -> None:
        """The tables of silver: items with an order, ends of sessions."""
        self.db.execute("""
create table kept_items as from latest_shop_order_items semi join latest_shop_orders using (order_id);
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
select session_id, max(moment) as session_end from chain group by 1;""")

    def one(self, sql: str) -> str:
        """The single value of a query, as text."""
        value = self.db.execute(sql).fetchone()[0]
        return str(0 if value is None else value)

    def figures(self) -> Figures:
        """All figures by name and day."""
        found: Figures = {}
        for table in (*COLUMNS, "support_interactions", "support_interactions_latin1"):
            for day, rows, rejects in self.db.execute(f"""
select file_day, count_if(is_valid), count_if(not is_valid) from {table}_checked
group by rollup (file_day)""").fetchall():
                if day or rows:
                    found[f"bronze.{table}.rows", day] = str(rows)
                    found[f"bronze.{table}.rejects", day] = str(rejects)
        rows = self.one("select count(*) from shop_products")
        found |= {("bronze.shop_products.rows", day): rows for day in (self.snapshot, None)}
        for table in KEYS:
            found |= {
                (f"planted.{table}.{kind}", None): value
                for kind, value in self._planted(table).items()
            }
            null_keys = (
                f"select count(*) from {self._bronze(table)} where not ({self._has_key(table)})"
            )
            found[f"silver.set_aside.{table}.key_is_null", None] = self.one(null_keys)
        return found | {(f"silver.{name}", None): value for name, value in self._silver().items()}

    def _planted(self, table: str) -> dict[str, str]:
        bronze, has_key, key = self._bronze(table), self._has_key(table), KEYS[table]
        rows = f"(select * exclude (file_day, gift_note) from {bronze} where {has_key})"
        time = "event_timestamp" if table == "web_events" else "updated_at"
        checked = (
            "(from support_interactions_checked union all by name "
            "from support_interactions_latin1_checked)"
            if table == "support_interactions"
            else f"{table}_checked"
        )
        queries = {
            "exact_duplicates": f"select (select count(*) from {rows}) - "
            f"(select count(*) from (select distinct * from {rows}))",
            "late_rows": f"select count(*) from {bronze} where {time}::date < file_day::date",
            "null_keys": f"select count(*) from {bronze} where not ({has_key})",
            "malformed_lines": f"select count(*) from {checked} where not is_split",
            "wrong_types": f"select count(*) from {checked} where is_split and not is_valid",
        }
        if table != "web_events":
            queries |= {
                "newer_versions": f"select count(distinct ({key}, updated_at)) - "
                f"count(distinct ({key},)) from {rows}",
                "deletions": f"select count(distinct ({key}, updated_at)) from {rows} "
                "where is_deleted",
                "returns_of_key": f"select count(*) from latest_{table} semi join "
                f"(from {rows} where is_deleted) using ({key})",
            }
        if table not in ("shop_accounts", "shop_order_items"):
            queries["unknown_customers"] = self._nowhere(rows, key, "customer_id", "shop_accounts")
        if table == "shop_orders":
            queries["extra_columns"] = "select count(gift_note) from shop_orders"
        if table == "shop_order_items":
            queries["unknown_products"] = self._nowhere(rows, key, "product_id", "shop_products")
            queries["orphan_items"] = self._nowhere(rows, key, "order_id", "shop_orders")
        if table == "web_sessions":
            queries["open_sessions"] = (
                "select count(*) from latest_web_sessions where session_end is null"
            )
        return {kind: self.one(sql) for kind, sql in queries.items()}

    def _nowhere(self, rows: str, key: str, column: str, other: str) -> str:
        return (
            f"select count(distinct ({key},)) from {rows} t where {column} is not null and "
            f"not exists (from {other} o where o.{column} = t.{column})"
        )

    def _silver(self) -> dict[str, str]:
        def unknown(table: str, column: str, other: str) -> str:
            return self.one(
                f"select count(*) from {table} anti join {other} using ({column}) "
                f"where {column} is not null"
            )

        def counts(model: str, table: str, column: str, values: str) -> dict[str, str]:
            return {
                f"{model}.{value}": self.one(f"select count_if({column} = '{value}') from {table}")
                for value in values.split()
            }

        tables = {table: f"latest_{table}" for table in KEYS} | {"shop_order_items": "kept_items"}
        found = {
            f"{SILVER[table]}.rows": self.one(f"select count(*) from {name}")
            for table, name in tables.items()
        }
        for table in KEYS:
            if table not in ("shop_accounts", "shop_order_items"):
                found[f"{SILVER[table]}.unknown_customers"] = unknown(
                    tables[table], "customer_id", "latest_shop_accounts"
                )
        found |= counts("int_accounts", "latest_shop_accounts", "status", "active inactive pending")
        found |= counts(
            "int_orders", "latest_shop_orders", "status",
            "placed shipped delivered cancelled returned",
        )  # fmt: skip
        found |= counts(
            "int_events", "latest_web_events", "event_type",
            "page_view search product_view add_to_cart checkout purchase",
        )  # fmt: skip
        sums = {
            "int_order_items.quantity": "sum(quantity) from kept_items",
            "int_order_items.discount_amount": "sum(discount_amount) from kept_items",
            "int_order_items.net_amount": "sum(quantity * unit_price - discount_amount) from kept_items",
            "int_payments.refunds": "count_if(amount < 0) from latest_shop_payments",
            "int_products.rows": "count(*) from shop_products",
            "int_products.unit_cost": "sum(unit_cost) from shop_products",
            "int_products.list_price": "sum(list_price) from shop_products",
            "int_sessions.anonymous": "count_if(customer_id is null) from latest_web_sessions",
            "int_sessions.rebuilt_ends": "count_if(session_end is null) from latest_web_sessions",
            "int_sessions.duration_seconds": "sum(epoch(coalesce(s.session_end, c.session_end))"
            " - epoch(session_start))::bigint from latest_web_sessions s"
            " left join chains c using (session_id)",
            "int_events.anonymous": "count_if(customer_id is null) from latest_web_events",
            "int_interactions.duration_seconds": "sum(duration_seconds) from latest_support_interactions",
            "int_interactions.satisfaction": "sum(satisfaction) from latest_support_interactions",
            "int_interactions.accented_agents": "count_if(strlen(agent) > length(agent))"
            " from latest_support_interactions",
        } | {
            f"int_payments.amount_{currency}": "coalesce(sum(amount), 0.00)"
            f" from latest_shop_payments where currency = '{currency}'"
            for currency in ("TRY", "EUR", "USD", "GBP")
        }
        found |= {name: self.one(f"select {sql}") for name, sql in sums.items()}
        found["int_order_items.unknown_products"] = unknown(
            "kept_items", "product_id", "shop_products"
        )
        found["int_payments.unknown_orders"] = unknown(
            "latest_shop_payments", "order_id", "latest_shop_orders"
        )
        found["int_events.unknown_sessions"] = unknown(
            "latest_web_events", "session_id", "latest_web_sessions"
        )
        found["set_aside.shop_order_items.order_is_unknown"] = self.one(
            "select (select count(*) from latest_shop_order_items) - (select count(*) from kept_items)"
        )
        return found
