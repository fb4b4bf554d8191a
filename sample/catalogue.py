"""The products of the web shop, and their prices."""

from dataclasses import dataclass
from datetime import date, timedelta

from sample.chance import Dice

# The categories of the tills, with the price of a usual piece in hundredths of a lira.
CATEGORIES = {
    "Clothing": 30_008,
    "Cosmetics": 4_066,
    "Food & Beverage": 523,
    "Toys": 3_584,
    "Shoes": 60_017,
    "Souvenir": 1_173,
    "Technology": 105_000,
    "Books": 1_515,
}
KINDS = {
    "Clothing": ("Shirt", "Jacket", "Dress", "Scarf"),
    "Cosmetics": ("Lipstick", "Hand Cream", "Perfume", "Shampoo"),
    "Food & Beverage": ("Coffee", "Tea", "Lokum", "Olive Oil"),
    "Toys": ("Puzzle", "Doll", "Blocks", "Kite"),
    "Shoes": ("Sneakers", "Boots", "Sandals", "Slippers"),
    "Souvenir": ("Magnet", "Mug", "Tile", "Postcard"),
    "Technology": ("Headphones", "Keyboard", "Charger", "Tablet"),
    "Books": ("Novel", "Cookbook", "Atlas", "Diary"),
}
STYLES = ("Classic", "Bosphorus", "Modern", "Anatolia", "Basic", "Premium", "Galata", "Light")
OPENING_PRODUCTS = 240
# Between two snapshots lie at most so many days.
SNAPSHOT_DAYS = 7
REPRICING = 0.15
REPRICED = 0.06
NEW_PRODUCTS = 0.1


@dataclass(slots=True)
class Product:
    """A product, with its present cost and price in hundredths of a lira."""

    product_id: str
    name: str
    category: str
    unit_cost: int
    list_price: int
    valid_from: date


class Catalogue:
    """All products; none is ever taken out. The first ones sell best."""

    def __init__(self) -> None:
        self.products: list[Product] = []

    def open(self, day: date, dice: Dice) -> None:
        """The products that exist on the first day."""
        for _ in range(OPENING_PRODUCTS):
            self._add(day - timedelta(dice.between(10, 400)), dice)

    def live(self, day: date, dice: Dice) -> bool:
        """A day of new products and prices; whether there are any."""
        repriced = dice.chance(REPRICING)
        if repriced:
            for product in self.products:
                if dice.chance(REPRICED):
                    product.list_price = product.list_price * dice.between(92, 112) // 100
                    product.valid_from = day
        new = dice.chance(NEW_PRODUCTS)
        if new:
            for _ in range(dice.between(1, 4)):
                self._add(day, dice)
        return repriced or new

    def _add(self, day: date, dice: Dice) -> None:
        number = len(self.products) + 1
        category = dice.pick(list(CATEGORIES))
        price = CATEGORIES[category] * dice.between(60, 160) // 100
        self.products.append(
            Product(
                f"P{number:05d}",
                f"{dice.pick(STYLES)} {dice.pick(KINDS[category])} {number}",
                category,
                price * dice.between(50, 75) // 100,
                price,
                day,
            )
        )
