"""What every step of a load needs."""

from dataclasses import dataclass

from lakehouse.thrift import Session
from loaders.contract import Contract
from loaders.listing import Landing


@dataclass(frozen=True)
class Context:
    """One dataset, where its files lie, and the session that loads them."""

    session: Session
    landing: Landing
    contract: Contract
