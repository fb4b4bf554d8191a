"""Contacts of customers with the help desk."""

from datetime import date

from sample.chance import Dice, Weighted
from sample.people import People
from sample.tables import INTERACTIONS, Feeds
from sample.times import HOUR, SECOND, midnight, text

TYPES = Weighted(
    {
        "order_status": 40,
        "return": 20,
        "product_question": 20,
        "complaint": 12,
        "payment_problem": 8,
    }
)
CHANNELS = Weighted({"phone": 45, "chat": 30, "email": 20, "café": 5})
AGENTS = ("Gönül Öztürk", "Çetin Ünal", "José Pérez", "Zoë Kaya", "Deniz Arslan", "Can Demir")
ANSWERS = Weighted({1: 8, 2: 9, 3: 18, 4: 35, 5: 30})
# So many customers answer the survey, hours after the contact.
SURVEYED = 0.4


class HelpDesk:
    """The help desk; contacts are numbered."""

    def __init__(self, feeds: Feeds, people: People):
        self.feeds = feeds
        self.people = people
        self._number = 0

    def live(self, day: date, contacts: int, dice: Dice) -> None:
        """A day of contacts, most with somebody who bought."""
        for _ in range(contacts):
            self._number += 1
            ended = midnight(day) + dice.between(6 * 3600, 18 * 3600) * SECOND
            row = {
                "interaction_id": f"I{self._number:08d}",
                "customer_id": self.people.somebody(dice).customer_id,
                "interaction_date": text(ended)[:10],
                "interaction_type": dice.weigh(TYPES),
                "channel": dice.weigh(CHANNELS),
                "agent": dice.pick(AGENTS),
                "duration_seconds": 30 + dice.below(600) + dice.below(900),
                "satisfaction": None,
                "updated_at": ended,
                "is_deleted": False,
            }
            self.feeds.put(INTERACTIONS, row)
            if dice.chance(SURVEYED):
                answered = ended + dice.between(1, 20) * HOUR
                answer = {"satisfaction": dice.weigh(ANSWERS), "updated_at": answered}
                self.feeds.put(INTERACTIONS, row | answer)
