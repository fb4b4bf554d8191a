"""Random numbers that are the same on every machine and in every version of Python."""

import hashlib
import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values with integer weights."""

    def __init__(self, weights: dict[T, int]):
        self.values = list(weights)
        self.bounds = list(accumulate(weights.values()))


class Dice:
    """A stream of random numbers of a seed and a name; streams of other names are independent.

    Python promises the sequence of `random()` for a seed, and not that of `choice`, `shuffle` or
    `gauss`: https://docs.python.org/3/library/random.html#notes-on-reproducibility. Logarithms and
    powers are avoided too: their last digit depends on the C library.
    """

    def __init__(self, seed: int, *names: object):
        text = "/".join(map(str, (seed, *names)))
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        self.random = random.Random(int.from_bytes(digest, "big")).random

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.random() < probability

    def below(self, bound: int) -> int:
        """An integer from 0 to bound - 1."""
        return int(self.random() * bound)

    def between(self, low: int, high: int) -> int:
        """An integer from low to high."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """One of the values, each as likely."""
        return values[int(self.random() * len(values))]

    def pick_skewed(self, values: Sequence[T]) -> T:
        """One of the values, the first ones far more often: a quarter of them takes half."""
        return values[int(self.random() * self.random() * len(values))]

    def weigh(self, weighted: Weighted[T]) -> T:
        """One of the values, as likely as its weight."""
        return weighted.values[bisect(weighted.bounds, int(self.random() * weighted.bounds[-1]))]
