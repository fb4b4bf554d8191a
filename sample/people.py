"""The accounts of the web shop."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sample.chance import Dice, Weighted
from sample.tables import ACCOUNTS, Feeds, Row
from sample.times import HOUR, MINUTE, SECOND, midnight

FIRST_NAMES = (
    "Ayşe", "Mehmet", "Fatma", "Mustafa", "Emine", "Ahmet", "Hatice", "Ali", "Zeynep", "Hüseyin",
    "Elif", "Hasan", "Meryem", "İbrahim", "Şule", "Ömer", "Gül", "Çağla", "Yusuf", "Derya",
)  # fmt: skip
LAST_NAMES = (
    "Güneş", "Kaya", "Demir", "Şahin", "Çelik", "Özer", "Öztürk", "Bulut", "Özdemir", "Arslan",
    "Doğan", "Uçar", "Aslan", "Çetin", "Kara", "Koç", "Kurt", "Özkan", "Şimşek", "Polat",
)  # fmt: skip
ASCII = str.maketrans("çğöşüÇĞİÖŞÜ", "cgosuCGIOSU")
OPENING_STATUS = Weighted({"active": 90, "inactive": 8, "pending": 2})
# So many orders raise an account to a segment.
SEGMENTS = {3: "regular", 8: "loyal"}
# Of so many accounts the CRM knows the customer.
IN_CRM = 0.9
OPENING_ACCOUNTS = 8000
DAILY_ACCOUNTS = 25


@dataclass(slots=True)
class Account:
    """An account, in its present state; `changed` is the time of its last change."""

    customer_id: str
    name: str
    email: str | None
    registration_date: date
    status: str
    segment: str
    orders: int = 0
    changed: int = 0

    def row(self, at: int) -> Row:
        """The row that a change at a time delivers."""
        return {
            "customer_id": self.customer_id,
            "name": self.name,
            "email": self.email,
            "registration_date": self.registration_date.isoformat(),
            "status": self.status,
            "customer_segment": self.segment,
            "updated_at": at,
            "is_deleted": False,
        }


class People:
    """All accounts; `crm` has the customer numbers of the CRM."""

    def __init__(self, feeds: Feeds, crm: tuple[str, ...]):
        self.feeds = feeds
        self.accounts: list[Account] = []
        # One entry per order: who bought often is picked often.
        self.buyers: list[Account] = []
        self._crm = iter(crm)
        self._others = 1_000_000

    def open(self, day: date, count: int, dice: Dice) -> None:
        """The accounts that exist on the first day: delivered as changes of its first hour."""
        for number in range(count):
            registered = day - timedelta(dice.between(1, 700))
            account = self._account(registered, dice.weigh(OPENING_STATUS), dice)
            account.changed = midnight(day) + number * HOUR // count
            self.feeds.put(ACCOUNTS, account.row(account.changed))

    def live(self, day: date, registrations: int, dice: Dice) -> None:
        """A day of registrations, and of other changes of accounts."""
        start = midnight(day)
        for _ in range(registrations):
            at = start + dice.between(6 * 3600, 22 * 3600) * SECOND
            account = self._account(day, "pending", dice)
            self._change(account, at)
            self._change(account, at + dice.between(5, 1440) * MINUTE, status="active")
        for _ in range(len(self.accounts) // 500):
            account = dice.pick(self.accounts)
            at = start + dice.between(3600, 86_000) * SECOND
            if dice.chance(0.5):
                status = "inactive" if account.status == "active" else "active"
                self._change(account, at, status=status)
            else:
                self._change(account, at, email=_email(account.name, dice))

    def somebody(self, dice: Dice) -> Account:
        """A visitor of the shop: one of those who bought before, or anybody."""
        if self.buyers and dice.chance(0.4):
            return dice.pick(self.buyers)
        return dice.pick(self.accounts)

    def bought(self, account: Account, at: int) -> None:
        """Note an order; some orders raise the segment."""
        self.buyers.append(account)
        account.orders += 1
        if account.orders in SEGMENTS:
            self._change(account, at + MINUTE, segment=SEGMENTS[account.orders])

    def _change(self, account: Account, at: int, **values: Any) -> None:
        """Change an account, at the time or a second after its previous change, and deliver it."""
        for name, value in values.items():
            setattr(account, name, value)
        account.changed = max(at, account.changed + SECOND)
        self.feeds.put(ACCOUNTS, account.row(account.changed))

    def _account(self, registered: date, status: str, dice: Dice) -> Account:
        name = f"{dice.pick(FIRST_NAMES)} {dice.pick(LAST_NAMES)}"
        email = None if dice.chance(0.02) else _email(name, dice)
        account = Account(self._customer_id(dice), name, email, registered, status, "new")
        self.accounts.append(account)
        return account

    def _customer_id(self, dice: Dice) -> str:
        """A customer of the CRM, each once, or one that the CRM does not know."""
        known = next(self._crm, None) if dice.chance(IN_CRM) else None
        if known is None:
            self._others += 1
            return f"C{self._others}"
        return known


def _email(name: str, dice: Dice) -> str:
    local = name.translate(ASCII).lower().replace(" ", ".")
    return f"{local}{dice.below(10_000)}@example.com"
