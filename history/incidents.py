"""What is wrong now, by the last result of each node, and whom to tell. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from history.results import GOOD, tested


@dataclass(frozen=True)
class Last:
    """The last result of a node that ran: see `ops.node_results`."""

    node: str
    dataset: str
    status: str
    failures: int | None
    rows: int | None
    message: str
    dimension: str | None
    score: float | None
    threshold: float | None

    @property
    def is_good(self) -> bool:
        """Whether it succeeded, and a test has at least the score of its threshold."""
        below = self.score is not None and self.score < (self.threshold or 0)
        return self.status in GOOD and not below

    @property
    def sentence(self) -> str:
        """The result in one line, without the node's dataset."""
        kind, _, name, *_ = self.node.split(".")
        if self.status == "error":
            return f"{kind} {name} failed: {' '.join(self.message.split())[:300]}"
        of_rows = f" of {self.rows:,} rows" if self.rows else ""
        share = f", {self.dimension} {self.score:.3f}" if self.score is not None else ""
        below = f" below {self.threshold:g}" if share and not self.is_good else ""
        return f"{kind} {name}: {self.failures or 0:,}{of_rows} fail{share}{below}"


@dataclass(frozen=True)
class Owner:
    """Whose a node is: the owner of its group, or of its source."""

    name: str
    email: str = ""


@dataclass(frozen=True)
class Incident:
    """A node that became bad (`opened`) or good again, or that the project no longer has."""

    node: str
    dataset: str
    opened: bool
    owner: Owner
    sentence: str

    @property
    def line(self) -> str:
        """The incident in one line, for people."""
        state = "PROBLEM  " if self.opened else "RECOVERED"
        return f"{state} {self.dataset}: {self.sentence} ({self.owner.name})"


def incidents(
    lasts: Iterable[Last], opened: Mapping[str, str], manifest: Mapping[str, Any]
) -> list[Incident]:
    """What was not told yet: new problems, then recoveries, each by dataset and node.

    `opened` has the dataset of each node of which a problem was told and no recovery. A node that
    the project no longer has cannot be a problem.
    """
    known = {each.node: each for each in lasts if each.node in manifest["nodes"]}
    bad = {id: each for id, each in known.items() if not each.is_good}
    new = [
        Incident(id, each.dataset, True, owner(id, manifest), each.sentence)
        for id, each in bad.items()
        if id not in opened
    ]
    over = [
        Incident(
            id,
            dataset,
            False,
            owner(id, manifest),
            known[id].sentence if id in known else f"{id} is no longer in the project",
        )
        for id, dataset in opened.items()
        if id not in bad
    ]
    return sorted(new, key=_place) + sorted(over, key=_place)


def _place(incident: Incident) -> tuple[str, str]:
    return incident.dataset, incident.node


def owner(id: str, manifest: Mapping[str, Any]) -> Owner:
    """The owner of a node; of a test that of what it tests. Without a name if there is none."""
    node = manifest["nodes"].get(id) or manifest["sources"].get(id) or {}
    if node.get("resource_type") == "test":
        return owner(next(iter(tested(node)), ""), manifest)
    of_source = node.get("config", {}).get("meta", {}).get("owner")
    if of_source:
        return Owner(of_source)
    groups = {each["name"]: each["owner"] for each in manifest["groups"].values()}
    found = groups.get(node.get("group"), {})
    email = found.get("email") or ""
    return Owner(
        found.get("name") or "no owner", ",".join(email) if isinstance(email, list) else email
    )
