"""What gold has to contain: its rules, applied to every change that was delivered."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sample.catalogue import Product
from sample.ledger import Change
from sample.silver import STATUSES, Rate, Rows, in_lira, session_ends
from sample.tables import Key, Row
from sample.times import EPOCH, SECOND, day_of

UNKNOWN = "unknown"
SETTLED = ("completed", "refunded")
SEGMENTS = ("new", "regular", "loyal")
# Keys whose versions, and customers whose features on the last dates, are figures by themselves.
NAMED_KEYS = 5
NAMED_CUSTOMERS = 10
DATES = 3
# Of these the sum over all customers is a figure too.
SUMMED = (
    "purchase_frequency",
    "total_spend",
    "average_transaction_value",
    "recency_days",
    "transaction_frequency_last_30_days",
    "sessions_last_30_days",
    "interactions_last_90_days",
    "returns",
    "tenure_days",
)

Number = int | Decimal
# A name without `gold.`, the day that the figure is of, and its value.
Named = tuple[str, date | None, Number]
Changes = Mapping[Key, Sequence[Change]]


@dataclass(frozen=True)
class Delivered:
    """What was delivered: live rows and changes by bronze table, versions by product."""

    live: Mapping[str, Rows]
    changes: Mapping[str, Changes]
    products: Mapping[str, Sequence[Product]]
    rate: Rate | None


@dataclass(frozen=True)
class Line:
    """A line of an order; money in hundredths, `cost` None where the product is unknown."""

    order_id: str
    day: date
    category: str
    quantity: int
    revenue: int
    cost: int | None
    is_cancelled: bool
    has_version: bool


@dataclass
class Order:
    """An order and the sums of its lines and payments; `cost` None if that of a line is."""

    day: date
    customer_id: str
    is_cancelled: bool
    has_version: bool
    revenue: int = 0
    cost: int | None = 0
    is_paid: bool = False
    paid: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)


def figures(delivered: Delivered) -> Iterator[Named]:
    """The figures of gold. Those in lira are left out if there is no rate."""
    lines = list(_lines(delivered))
    orders = _orders(delivered, lines)
    parts: dict[str, Iterable[Named]] = {
        "dim_customers": _customers(delivered.live["shop_accounts"]),
        "dim_customers_history": _customers_history(delivered.changes["shop_accounts"]),
        "dim_products": _products(delivered.products),
        "dim_products_history": _products_history(delivered.products),
        "fct_order_items": _of_lines(lines),
        "fct_orders": _of_orders(orders.values(), delivered.rate),
        "fct_payments": _payments(delivered.live["shop_payments"], delivered.rate),
        "fct_sessions": _sessions(delivered.live),
        "fct_events": _events(delivered.live["web_events"]),
        "fct_interactions": _interactions(delivered.live["support_interactions"]),
        "rpt_daily_sales": _daily_sales(lines),
        "rpt_daily_profitability": _profitability(orders.values()),
        "rpt_customer_cohorts": _cohorts(orders.values()),
        "rpt_funnel": _funnel(delivered.live),
        "ftr_customers": _features(delivered),
    }
    for model, values in parts.items():
        for name, day, value in values:
            yield f"gold.{model}.{name}", day, value


def ratio(part: Number, whole: Number) -> Decimal:
    """A quotient, rounded half up to 6 decimals; 0 if the divisor is 0."""
    if not whole:
        return Decimal(0)
    millionths = Fraction(part) / Fraction(whole) * 10**6
    rounded = int(abs(millionths) + Fraction(1, 2))
    return Decimal(rounded if millionths >= 0 else -rounded).scaleb(-6)


def _money(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def _whole(**values: Number) -> Iterator[Named]:
    """Figures of the state at the end."""
    for name, value in values.items():
        yield name, None, value


def _month(day: date) -> date:
    return day.replace(day=1)


def _lines(delivered: Delivered) -> Iterator[Line]:
    """The lines of live orders, with the cost and category of the order's day."""
    orders = delivered.live["shop_orders"]
    for key, row in delivered.live["shop_order_items"].items():
        order = orders.get(key[:1])
        if order is None:
            continue
        day = day_of(order["ordered_at"])
        versions = delivered.products.get(row["product_id"], ())
        version = next((one for one in reversed(versions) if one.valid_from <= day), None)
        yield Line(
            order_id=row["order_id"],
            day=day,
            category=version.category if version else UNKNOWN,
            quantity=row["quantity"],
            revenue=row["quantity"] * row["unit_price"] - row["discount_amount"],
            cost=row["quantity"] * version.unit_cost if version else None,
            is_cancelled=order["status"] == "cancelled",
            has_version=version is not None or not versions,
        )


def _orders(delivered: Delivered, lines: Iterable[Line]) -> dict[str, Order]:
    """The live orders by number."""
    accounts, changes = delivered.live["shop_accounts"], delivered.changes["shop_accounts"]
    orders: dict[str, Order] = {}
    for (order_id,), row in delivered.live["shop_orders"].items():
        key = (row["customer_id"],)
        known = key in accounts
        orders[order_id] = Order(
            day=day_of(row["ordered_at"]),
            customer_id=row["customer_id"] if known else UNKNOWN,
            is_cancelled=row["status"] == "cancelled",
            has_version=not known or min(time for time, _, _ in changes[key]) <= row["ordered_at"],
        )
    for line in lines:
        order = orders[line.order_id]
        order.revenue += line.revenue
        order.cost = None if order.cost is None or line.cost is None else order.cost + line.cost
    for row in delivered.live["shop_payments"].values():
        paid = orders.get(row["order_id"])
        if paid and row["status"] in SETTLED:
            amount = in_lira(row, delivered.rate) if delivered.rate else Decimal(0)
            paid.is_paid |= row["amount"] > 0
            paid.paid += max(amount, Decimal(0))
            paid.refunded -= min(amount, Decimal(0))
    return orders


def _costed(sold: Iterable[Line | Order]) -> tuple[int, int]:
    """Revenue and cost of the lines or orders whose cost is known."""
    costs = [(each.revenue, each.cost) for each in sold if each.cost is not None]
    return sum(revenue for revenue, _ in costs), sum(cost for _, cost in costs)


def _of_lines(lines: Sequence[Line]) -> Iterator[Named]:
    costed, cost = _costed(lines)
    yield from _whole(
        rows=len(lines),
        quantity=sum(line.quantity for line in lines),
        revenue=_money(sum(line.revenue for line in lines)),
        cost=_money(cost),
        margin=_money(costed - cost),
        cancelled=sum(line.is_cancelled for line in lines),
        without_version=sum(not line.has_version for line in lines),
        wrong_versions=0,
    )


def _of_orders(orders: Iterable[Order], rate: Rate | None) -> Iterator[Named]:
    orders = list(orders)
    costed, cost = _costed(orders)
    yield from _whole(
        rows=len(orders),
        revenue=_money(sum(order.revenue for order in orders)),
        cost=_money(cost),
        margin=_money(costed - cost),
        paid=sum(order.is_paid for order in orders),
        cancelled=sum(order.is_cancelled for order in orders),
        without_version=sum(not order.has_version for order in orders),
        wrong_versions=0,
    )
    if rate:
        yield "paid_amount_try", None, sum((order.paid for order in orders), Decimal(0))
        yield "refunded_amount_try", None, sum((order.refunded for order in orders), Decimal(0))


def _payments(payments: Rows, rate: Rate | None) -> Iterator[Named]:
    rows = payments.values()
    yield from _whole(
        rows=len(rows),
        refunds=sum(row["amount"] < 0 for row in rows),
        settled=sum(row["status"] in SETTLED for row in rows),
    )
    if rate:
        yield "amount_try", None, sum((in_lira(row, rate) for row in rows), Decimal(0))


def _interactions(interactions: Rows) -> Iterator[Named]:
    rows = interactions.values()
    yield from _whole(
        rows=len(rows),
        duration_seconds=sum(row["duration_seconds"] or 0 for row in rows),
        satisfaction=sum(row["satisfaction"] or 0 for row in rows),
    )


def _events(events: Rows) -> Iterator[Named]:
    types = Counter(row["event_type"] for row in events.values())
    yield from _whole(
        rows=len(events), product_views=types["product_view"], purchases=types["purchase"]
    )


def _steps(live: Mapping[str, Rows]) -> dict[str, Counter[str]]:
    """The events of each live session, by type."""
    steps: dict[str, Counter[str]] = {
        session_id: Counter() for (session_id,) in live["web_sessions"]
    }
    for row in live["web_events"].values():
        if row["session_id"] in steps:
            steps[row["session_id"]][row["event_type"]] += 1
    return steps


def _sessions(live: Mapping[str, Rows]) -> Iterator[Named]:
    sessions = live["web_sessions"]
    ends = session_ends(sessions, live["web_events"])
    totals: Counter[str] = Counter()
    for steps in _steps(live).values():
        totals.update(steps)
    yield from _whole(
        rows=len(sessions),
        duration_seconds=sum(
            (ends[key] - row["session_start"]) // SECOND for key, row in sessions.items()
        ),
        event_count=totals.total(),
        product_view_count=totals["product_view"],
        cart_count=totals["add_to_cart"],
        checkout_count=totals["checkout"],
        purchase_count=totals["purchase"],
    )


def _funnel(live: Mapping[str, Rows]) -> Iterator[Named]:
    """By month and device: sessions, and those with each step."""
    steps = _steps(live)
    counts: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for (session_id,), row in live["web_sessions"].items():
        count = counts[_month(day_of(row["session_start"])), row["device_type"]]
        count["sessions"] += 1
        count["sessions_with_product_view"] += steps[session_id]["product_view"] > 0
        count["sessions_with_cart"] += steps[session_id]["add_to_cart"] > 0
        count["sessions_with_order"] += steps[session_id]["purchase"] > 0
    for (month, device), count in counts.items():
        for name, value in count.items():
            yield f"{device}.{name}", month, value
        rate = ratio(count["sessions_with_order"], count["sessions"])
        yield f"{device}.order_rate", month, rate


def _daily_sales(lines: Iterable[Line]) -> Iterator[Named]:
    """By day and category: the lines of orders that are not cancelled."""
    revenue: Counter[tuple[str, date]] = Counter()
    orders: dict[tuple[str, date], set[str]] = defaultdict(set)
    for line in lines:
        if not line.is_cancelled:
            key = line.category.replace(" ", "_"), line.day
            revenue[key] += line.revenue
            orders[key].add(line.order_id)
    yield "rows", None, len(revenue)
    for (category, day), hundredths in revenue.items():
        sales, count = _money(hundredths), len(orders[category, day])
        yield f"{category}.total_sales", day, sales
        yield f"{category}.order_count", day, count
        yield f"{category}.avg_order_value", day, ratio(sales, count)


def _profitability(orders: Iterable[Order]) -> Iterator[Named]:
    """By day: the paid orders that are not cancelled. The margin is of those with a known cost."""
    days: dict[date, list[Order]] = defaultdict(list)
    for order in orders:
        if order.is_paid and not order.is_cancelled:
            days[order.day].append(order)
    yield "rows", None, len(days)
    for day, paid in days.items():
        costed, cost = _costed(paid)
        yield "revenue", day, _money(sum(order.revenue for order in paid))
        yield "cost", day, _money(cost)
        yield "profit_margin", day, ratio(costed - cost, costed)
        yield "order_count", day, len(paid)


def _cohorts(orders: Iterable[Order]) -> Iterator[Named]:
    """By month of the first order, as the day: who orders so many months later."""
    months: dict[str, set[date]] = defaultdict(set)
    for order in orders:
        if not order.is_cancelled and order.customer_id != UNKNOWN:
            months[order.customer_id].add(_month(order.day))
    active: Counter[tuple[date, int]] = Counter()
    for ordered in months.values():
        first = min(ordered)
        for month in ordered:
            later = 12 * (month.year - first.year) + month.month - first.month
            active[first, later] += 1
    yield "rows", None, len(active)
    for (first, later), count in active.items():
        yield f"month_{later}.active_customers", first, count
        yield f"month_{later}.retention_rate", first, ratio(count, active[first, 0])


def _customers(accounts: Rows) -> Iterator[Named]:
    rows = accounts.values()
    found = Counter(row["status"] for row in rows)
    found += Counter(row["customer_segment"] for row in rows)
    yield from _whole(has_account=len(rows))
    yield from _whole(**{value: found[value] for value in (*STATUSES["int_accounts"], *SEGMENTS)})


def _account_versions(changes: Iterable[Change]) -> list[tuple[int, tuple]]:
    """The times of an account's changes that change anything in gold, and what they begin."""
    last = {time: row for time, _, row in sorted(changes, key=lambda change: change[:2])}
    versions: list[tuple[int, tuple]] = []
    for time, row in last.items():
        columns = ("status", "customer_segment", "is_deleted", "registration_date")
        state = tuple(row[column] for column in columns)
        if not versions or versions[-1][1] != state:
            versions.append((time, state))
    return versions


def _customers_history(changes: Changes) -> Iterator[Named]:
    histories = {key[0]: _account_versions(of_key) for key, of_key in changes.items()}
    states = [state for versions in histories.values() for _, state in versions]
    yield from _history(len(states), len(histories))
    yield "deleted", None, sum(state[2] for state in states)
    for customer_id, versions in _most(histories):
        times = [Decimal(time).scaleb(-3) for time, _ in versions]
        yield from _intervals(customer_id, times)


def _products_history(products: Mapping[str, Sequence[Product]]) -> Iterator[Named]:
    every = [one for versions in products.values() for one in versions]
    yield from _history(len(every), len(products))
    yield from _prices(every)
    for product_id, versions in _most(products):
        yield from _intervals(product_id, [(one.valid_from - EPOCH).days for one in versions])
        for number, one in enumerate(versions, 1):
            for name, _, value in _prices([one]):
                yield f"{product_id}.version_{number}.{name}", None, value


def _products(products: Mapping[str, Sequence[Product]]) -> Iterator[Named]:
    """The present versions, and the member `unknown`."""
    yield "rows", None, len(products) + 1
    yield from _prices([versions[-1] for versions in products.values()])


def _prices(products: Sequence[Product]) -> Iterator[Named]:
    yield from _whole(
        unit_cost=_money(sum(one.unit_cost for one in products)),
        list_price=_money(sum(one.list_price for one in products)),
    )


def _history(versions: int, keys: int) -> Iterator[Named]:
    """Figures of a dimension's history; the member `unknown` is one more key."""
    yield from _whole(
        rows=versions + 1,
        current=keys + 1,
        overlaps=0,
        gaps=0,
        keys_without_one_open_row=0,
    )


def _most(histories: Mapping[str, Sequence]) -> list[tuple[str, Sequence]]:
    """The keys with the most versions."""
    return sorted(histories.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:NAMED_KEYS]


def _intervals(key: str, starts: Sequence[Number]) -> Iterator[Named]:
    """Where the versions of a key begin and end; an open end is 0."""
    yield f"{key}.versions", None, len(starts)
    for number, (start, end) in enumerate(zip(starts, (*starts[1:], 0), strict=True), 1):
        yield f"{key}.version_{number}.valid_from", None, start
        yield f"{key}.version_{number}.valid_to", None, end


def as_of_dates(payments: Changes) -> list[date]:
    """The ends of the months with payments; of the month that has not ended, the last day."""
    changes = [change for of_key in payments.values() for change in of_key]
    if not changes:
        return []
    first = min(date.fromisoformat(row["transaction_date"]) for _, _, row in changes)
    last = max(day for _, day, _ in changes)
    days = (first + timedelta(number) for number in range((last - first).days))
    return [*(day for day in days if (day + timedelta(1)).day == 1), last]


def known(changes: Changes, day: date) -> Iterator[Row]:
    """The latest version of each key that was made and delivered by the end of a day."""
    for of_key in changes.values():
        before = [one for one in of_key if one[1] <= day and day_of(one[0]) <= day]
        if before:
            yield max(before, key=lambda change: change[:2])[2]


def _features(delivered: Delivered) -> Iterator[Named]:
    """Of all customers together, and of those who bought most often by the last date."""
    dates = as_of_dates(delivered.changes["shop_payments"])[-DATES:]
    features = {day: _features_on(day, delivered) for day in dates}
    last = features[dates[-1]] if dates else {}
    buyers = sorted(last, key=lambda name: (-last[name]["purchase_frequency"], name))
    for day, customers in features.items():
        rows = customers.values()
        yield "rows", day, len(rows)
        yield "buyers", day, sum(row["purchase_frequency"] > 0 for row in rows)
        for name in SUMMED:
            if delivered.rate or name not in ("total_spend", "average_transaction_value"):
                yield name, day, sum((row.get(name, 0) for row in rows), Decimal(0))
        for customer_id in buyers[:NAMED_CUSTOMERS]:
            for name, value in customers.get(customer_id, {}).items():
                yield f"{customer_id}.{name}", day, value


def _features_on(day: date, delivered: Delivered) -> dict[str, dict[str, Number]]:
    """The features of each customer as of a day; one that has no value is left out."""
    found: dict[str, dict[str, Number]] = {}
    registered: dict[str, date] = {}
    for row in known(delivered.changes["shop_accounts"], day):
        registered[row["customer_id"]] = date.fromisoformat(row["registration_date"])
    payments = _by_customer(delivered.changes["shop_payments"], day, "transaction_date")
    sessions = _by_customer(delivered.changes["web_sessions"], day, "session_start")
    contacts = _by_customer(delivered.changes["support_interactions"], day, "interaction_date")
    for customer_id in registered.keys() | payments.keys():
        paid = payments[customer_id]
        bought = [
            (age, row) for age, row in paid if row["amount"] > 0 and row["status"] == "completed"
        ]
        ages = [age for age, _ in bought]
        features: dict[str, Number] = {
            "purchase_frequency": len(bought),
            "transaction_frequency_last_30_days": sum(age < 30 for age in ages),
            "sessions_last_30_days": sum(age < 30 for age, _ in sessions[customer_id]),
            "interactions_last_90_days": sum(age < 90 for age, _ in contacts[customer_id]),
            "returns": sum(row["amount"] < 0 for _, row in paid),
        }
        if delivered.rate:
            spend = sum((in_lira(row, delivered.rate) for _, row in bought), Decimal(0))
            features["total_spend"] = spend
            if bought:
                features["average_transaction_value"] = ratio(spend, len(bought))
        if bought:
            features["recency_days"] = min(ages)
        if customer_id in registered:
            features["tenure_days"] = (day - registered[customer_id]).days
        elif bought:
            features["tenure_days"] = max(ages)
        seconds = [
            (row["session_end"] - row["session_start"]) // SECOND
            for _, row in sessions[customer_id]
            if row["session_end"] is not None and day_of(row["session_end"]) <= day
        ]
        if seconds:
            features["average_session_duration_seconds"] = ratio(sum(seconds), len(seconds))
        found[customer_id] = features
    return found


def _by_customer(changes: Changes, day: date, column: str) -> Mapping[str, list[tuple[int, Row]]]:
    """What was known on a day and had happened, with its age in days, by customer."""
    found: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for row in known(changes, day):
        value = row[column]
        happened = day_of(value) if isinstance(value, int) else date.fromisoformat(value)
        if not row["is_deleted"] and row["customer_id"] is not None and happened <= day:
            found[row["customer_id"]].append(((day - happened).days, row))
    return found
