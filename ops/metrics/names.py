"""Short names of dimensions: `shopping_mall` for MetricFlow's `sale__shopping_mall`.

Metric views and exports have short names, so queries accept them too. Pure functions.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from lakehouse.errors import LakehouseError

# The name in `Dimension('…')` and `TimeDimension('…', 'month')` of a filter.
IN_FILTER = re.compile(r"""(?<=Dimension\()(\s*['"])(\w+)(?=['"])""")


@dataclass(frozen=True)
class Names:
    """The names that a query can use: MetricFlow's dimensions and entities, metrics and grains.

    `own` are the primary entities of models with metrics: their dimensions win over dimensions of
    the same name that the metrics have through a join, as in metric views.
    """

    dimensions: Collection[str]
    metrics: Collection[str]
    own: Collection[str | None]
    grains: Collection[str]

    def full(self, name: str) -> str:
        """MetricFlow's name of a dimension or entity; a grain at the end of the name is kept.

        Raises LakehouseError for a name without an entity that no dimension or several have. Any
        other name that is not in `dimensions` is returned: MetricFlow knows more.
        """
        base, separator, grain = name.lower().rpartition("__")
        if grain not in self.grains:
            base, separator, grain = name.lower(), "", ""
        if base in self.dimensions or not base.isidentifier():
            return name
        found = [each for each in self.dimensions if each.endswith(f"__{base}")]
        match = [each for each in found if each.partition("__")[0] in self.own] or found
        if len(match) == 1:
            return f"{match[0]}{separator}{grain}"
        if match:
            raise LakehouseError(
                f"{len(match)} dimensions are called {base}", f"use one of: {listed(match)}"
            )
        if "__" in base:
            return name
        raise LakehouseError(
            f"no dimension of these metrics is called {base}",
            f"use one of: {listed(self.dimensions)}",
        )

    def ordered(self, name: str) -> str:
        """MetricFlow's name of a metric or dimension to order by; a `-` in front is kept."""
        sign = "-" if name.startswith("-") else ""
        bare = name.removeprefix("-")
        return name if bare in self.metrics else sign + self.full(bare)

    def filtered(self, condition: str) -> str:
        """A filter with MetricFlow's names in `Dimension('…')` and `TimeDimension('…')`."""
        return IN_FILTER.sub(lambda found: found[1] + self.full(found[2]), condition)


def listed(names: Collection[str]) -> str:
    """Names in the order of the alphabet, separated by commas."""
    return ", ".join(sorted(names))
