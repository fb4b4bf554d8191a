"""Visits of the web shop: sessions, their events, and the orders and payments that follow."""

from dataclasses import dataclass, field
from datetime import date

from sample.catalogue import Catalogue, Product
from sample.chance import Dice, Weighted
from sample.people import Account, People
from sample.tables import EVENTS, ORDER_ITEMS, ORDERS, PAYMENTS, SESSIONS, Feeds
from sample.times import DAY, HOUR, MINUTE, SECOND, day_of, midnight, text

SITE = "https://shop.example.com"
# Sessions by the hour in UTC: the evening in Istanbul is the afternoon there.
MORNING = (4, 2, 2, 3, 6, 12, 20, 28, 34, 38, 40, 40)
EVENING = (38, 38, 40, 44, 52, 60, 64, 60, 46, 28, 14, 7)
HOURS = Weighted(dict(enumerate(MORNING + EVENING)))
DEVICES = Weighted({"mobile": 60, "desktop": 32, "tablet": 8})
METHODS = Weighted({"credit_card": 55, "debit_card": 25, "wallet": 12, "bank_transfer": 8})
# The shop's own rates, in hundredths of a lira: totals in lira are paid in these currencies.
CURRENCIES = Weighted({"TRY": 91, "EUR": 4, "USD": 3, "GBP": 2})
SHOP_RATES = {"TRY": 100, "EUR": 2_000, "USD": 1_880, "GBP": 2_270}
QUANTITIES = Weighted({1: 75, 2: 18, 3: 5, 4: 2})
LINES = Weighted({1: 30, 2: 28, 3: 20, 4: 12, 5: 10})
DISCOUNTS = Weighted({0: 70, 5: 10, 10: 12, 20: 8})

# The funnel: of the sessions before, so many go on.
STAYS = 0.65
FILLS_CART = 0.36
CHECKS_OUT = 0.78
BUYS = 0.82
LOGGED_IN = 0.45
PAUSES = 0.02

CANCELLED, RETURNED = 0.03, 0.04
DECLINED = 0.04


@dataclass(slots=True)
class Session:
    """A visit; `at` is the time of its last event."""

    session_id: str
    account: Account | None
    device: str
    start: int
    at: int
    viewed: list[Product] = field(default_factory=list)

    def row(self, end: int | None, updated_at: int) -> dict:
        """The row that says how far the session has come."""
        return {
            "session_id": self.session_id,
            "customer_id": self.account and self.account.customer_id,
            "device_type": self.device,
            "session_start": self.start,
            "session_end": end,
            "updated_at": updated_at,
            "is_deleted": False,
        }


@dataclass(slots=True)
class Order:
    """An order: `total` in hundredths of a lira."""

    order_id: str
    account: Account
    channel: str
    ordered_at: int
    currency: str
    method: str
    total: int = 0

    def row(self, status: str, at: int) -> dict:
        """The row that a new status delivers."""
        return {
            "order_id": self.order_id,
            "customer_id": self.account.customer_id,
            "ordered_at": self.ordered_at,
            "status": status,
            "channel": self.channel,
            "updated_at": at,
            "is_deleted": False,
        }


class Shop:
    """The shop and its tracker; numbers of sessions, events, orders and payments count up."""

    def __init__(self, feeds: Feeds, people: People, catalogue: Catalogue):
        self.feeds = feeds
        self.people = people
        self.catalogue = catalogue
        self._numbers = {"S": 0, "E": 0, "O": 0, "T": 0}

    def live(self, day: date, sessions: int, dice: Dice) -> None:
        """A day of sessions."""
        start = midnight(day)
        for _ in range(sessions):
            at = start + dice.weigh(HOURS) * HOUR + dice.below(3600) * SECOND
            self._visit(at, dice)

    def _number(self, letter: str) -> str:
        self._numbers[letter] += 1
        return f"{letter}{self._numbers[letter]:09d}"

    def _visit(self, start: int, dice: Dice) -> None:
        """A session, as far through the funnel as chance goes."""
        account = self.people.somebody(dice) if dice.chance(LOGGED_IN) else None
        session = Session(self._number("S"), account, dice.weigh(DEVICES), start, start)
        self._event(session, "page_view", "/")
        if dice.chance(STAYS):
            self._browse(session, dice)
            if dice.chance(FILLS_CART):
                self._fill_cart(session, dice)
        end = session.at + dice.between(1, 90) * SECOND
        first_midnight = midnight(day_of(start)) + DAY
        if end >= first_midnight:
            self.feeds.put(SESSIONS, session.row(None, first_midnight - SECOND))
        self.feeds.put(SESSIONS, session.row(end, end))

    def _event(self, session: Session, kind: str, page: str) -> None:
        self.feeds.put(
            EVENTS,
            {
                "event_id": self._number("E"),
                "session_id": session.session_id,
                "customer_id": session.account and session.account.customer_id,
                "event_type": kind,
                "page_url": SITE + page,
                "event_timestamp": session.at,
            },
        )

    def _go_on(self, session: Session, kind: str, page: str, dice: Dice) -> None:
        """The next event, after some seconds, or after a pause of 31 to 90 minutes."""
        pause = dice.between(31, 90) * MINUTE if dice.chance(PAUSES) else 0
        session.at += pause + dice.between(5, 150) * SECOND
        self._event(session, kind, page)

    def _browse(self, session: Session, dice: Dice) -> None:
        """Searches and looks at categories and products; at least one product."""
        for _ in range(dice.between(1, 8)):
            step = dice.random()
            if step < 0.25:
                self._go_on(session, "page_view", f"/category/{dice.between(1, 8)}", dice)
            elif step < 0.4:
                self._go_on(session, "search", f"/search?q={dice.below(500)}", dice)
            else:
                self._look(session, dice)
        if not session.viewed:
            self._look(session, dice)

    def _look(self, session: Session, dice: Dice) -> None:
        product = dice.pick_skewed(self.catalogue.products)
        session.viewed.append(product)
        self._go_on(session, "product_view", f"/product/{product.product_id}", dice)

    def _fill_cart(self, session: Session, dice: Dice) -> None:
        """Lines of a cart, of products seen and of others; then perhaps the checkout."""
        lines = dice.weigh(LINES)
        while len(session.viewed) < lines:
            session.viewed.append(dice.pick_skewed(self.catalogue.products))
        chosen = list({product.product_id: product for product in session.viewed[:lines]}.values())
        for product in chosen[:2]:
            self._go_on(session, "add_to_cart", f"/cart?add={product.product_id}", dice)
        if not dice.chance(CHECKS_OUT):
            return
        self._go_on(session, "checkout", "/checkout", dice)
        if not dice.chance(BUYS):
            return
        session.account = session.account or self.people.somebody(dice)
        self._go_on(session, "purchase", "/thanks", dice)
        self._order(session, session.account, chosen, dice)

    def _order(
        self, session: Session, account: Account, products: list[Product], dice: Dice
    ) -> None:
        """An order at the time of the session's last event, and all that becomes of it."""
        order = Order(
            self._number("O"),
            account,
            "app" if session.device != "desktop" and dice.chance(0.4) else "web",
            session.at,
            dice.weigh(CURRENCIES),
            dice.weigh(METHODS),
        )
        self.people.bought(account, order.ordered_at)
        self.feeds.put(ORDERS, order.row("placed", order.ordered_at))
        for number, product in enumerate(products, start=1):
            order.total += self._item(order, number, product, dice)
        self._collect(order, dice)
        self._fulfil(order, dice)

    def _item(self, order: Order, number: int, product: Product, dice: Dice) -> int:
        """A line of an order; its amount."""
        quantity = dice.weigh(QUANTITIES)
        discount = quantity * product.list_price * dice.weigh(DISCOUNTS) // 100
        self.feeds.put(
            ORDER_ITEMS,
            {
                "order_id": order.order_id,
                "line_no": number,
                "product_id": product.product_id,
                "quantity": quantity,
                "unit_price": product.list_price,
                "discount_amount": discount,
                "updated_at": order.ordered_at,
                "is_deleted": False,
            },
        )
        return quantity * product.list_price - discount

    def _collect(self, order: Order, dice: Dice) -> None:
        """The payment: at once, at the second attempt, or a day later by bank transfer."""
        at = order.ordered_at + dice.between(2, 30) * SECOND
        if order.method == "bank_transfer":
            transaction = self._pay(order, "pending", order.total, at)
            self._pay(order, "completed", order.total, at + dice.between(6, 30) * HOUR, transaction)
            return
        if dice.chance(DECLINED):
            self._pay(order, "failed", order.total, at)
            at += dice.between(30, 600) * SECOND
        self._pay(order, "completed", order.total, at)

    def _fulfil(self, order: Order, dice: Dice) -> None:
        """What becomes of the order: a status and a time each; money goes back where it must."""
        if dice.chance(CANCELLED):
            at = order.ordered_at + dice.between(31, 36) * HOUR
            self.feeds.put(ORDERS, order.row("cancelled", at))
            self._pay(order, "refunded", -order.total, at + dice.between(1, 3) * HOUR)
            return
        shipped = order.ordered_at + dice.between(6 * 60, 40 * 60) * MINUTE
        self.feeds.put(ORDERS, order.row("shipped", shipped))
        delivered = shipped + dice.between(20, 90) * HOUR
        self.feeds.put(ORDERS, order.row("delivered", delivered))
        if dice.chance(RETURNED):
            returned = delivered + dice.between(2, 9) * DAY
            self.feeds.put(ORDERS, order.row("returned", returned))
            self._pay(order, "refunded", -order.total, returned + dice.between(1, 3) * HOUR)

    def _pay(
        self, order: Order, status: str, total: int, at: int, transaction: str | None = None
    ) -> str:
        """A payment, a refund, or the new status of a transaction; its number."""
        transaction = transaction or self._number("T")
        rate = SHOP_RATES[order.currency]
        amount = abs(total) * 100 // rate
        self.feeds.put(
            PAYMENTS,
            {
                "transaction_id": transaction,
                "order_id": order.order_id,
                "customer_id": order.account.customer_id,
                "amount": amount if total >= 0 else -amount,
                "currency": order.currency,
                "method": order.method,
                "status": status,
                "transaction_date": text(at)[:10],
                "updated_at": at,
                "is_deleted": False,
            },
        )
        return transaction
