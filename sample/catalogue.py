"""The products of the web shop, and the versions of their costs and prices."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Product:
    """A version of a product: its cost and price in hundredths of a lira, from a day on."""

    product_id: str
    name: str
    category: str
    unit_cost: int
    list_price: int
    valid_from: date


def versions(price_list: Iterable[Product]) -> list[Product]:
    """The rows of one product that change something, by day."""
    found: list[Product] = []
    for row in sorted(price_list, key=lambda row: row.valid_from):
        if not found or replace(row, valid_from=found[-1].valid_from) != found[-1]:
            found.append(row)
    return found


class Catalogue:
    """All products in their present version; none is ever taken out. The first ones sell best.

    `price_list` has every version, at most one of a product and day.
    """

    def __init__(self) -> None:
        self.products: list[Product] = []
        self.price_list: dict[tuple[str, date], Product] = {}

    def open(self, day: date, dice: Dice) -> None:
        """The products that exist on the first day."""
        for _ in range(OPENING_PRODUCTS):
            self._add(day - timedelta(dice.between(10, 400)), dice)

    def live(self, day: date, dice: Dice) -> bool:
        """A day of new products and prices; whether there are any."""
        repriced = dice.chance(REPRICING)
        if repriced:
            for number in range(len(self.products)):
                if dice.chance(REPRICED):
                    self._reprice(number, day, dice.between(92, 112))
        new = dice.chance(NEW_PRODUCTS)
        if new:
            for _ in range(dice.between(1, 4)):
                self._add(day, dice)
        return repriced or new

    def _reprice(self, number: int, day: date, percent: int) -> None:
        """The version of a product with so many per cent of its price.

        A rise of more than 2 % follows a cost that rose by 2 % less.
        """
        product = self.products[number]
        self.products[number] = self._list(
            replace(
                product,
                unit_cost=product.unit_cost * max(100, percent - 2) // 100,
                list_price=product.list_price * percent // 100,
                valid_from=day,
            )
        )

    def _list(self, product: Product) -> Product:
        self.price_list[product.product_id, product.valid_from] = product
        return product

    def _add(self, day: date, dice: Dice) -> None:
        number = len(self.products) + 1
        category = dice.pick(list(CATEGORIES))
        price = CATEGORIES[category] * dice.between(60, 160) // 100
        product = Product(
            f"P{number:05d}",
            f"{dice.pick(STYLES)} {dice.pick(KINDS[category])} {number}",
            category,
            price * dice.between(50, 75) // 100,
            price,
            day,
        )
        self.products.append(self._list(product))
