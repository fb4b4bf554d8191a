"""Common arguments of the steps of a load."""

from dataclasses import dataclass

from lakehouse.thrift import Session
from loaders.contract import Contract
from loaders.listing import Landing


@dataclass(frozen=True)
class Context:
    """The contract of one dataset, the landing folder, and the session that loads it."""

    session: Session
    landing: Landing
    contract: Contract
