"""Features of a day stay as they were when late files arrive, and those of later days change.

The files are loaded into a schema of their own. From there to the features run the queries that dbt
compiled.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from lakehouse.thrift import Session
from loaders.contract import Contract, contracts
from loaders.run import load_all
from sample.lines import CSV_COLUMNS

SCHEMA = "late"
DATASETS = ("shop.accounts", "shop.payments", "web.sessions", "support.interactions")
# The views between bronze and the features, each before those that it reads.
VIEWS = (
    *("restricted.int_account_changes", "silver.int_payment_changes"),
    *("silver.int_session_changes", "silver.int_interaction_changes"),
    *("restricted.stg_shop__accounts", "silver.stg_shop__payments"),
    *("silver.stg_web__sessions", "silver.stg_support__interactions"),
)
JAN_30, JAN_31, FEB_1, FEB_2 = DAYS = [
    f"2024-{day}" for day in ("01-30", "01-31", "02-01", "02-02")
]
FEATURES = (
    *("purchase_frequency", "total_spend", "average_transaction_value", "recency_days"),
    *("transaction_frequency_last_30_days", "average_session_duration_seconds"),
    *("sessions_last_30_days", "interactions_last_90_days", "returns", "tenure_days"),
)
Features = dict[tuple[str, str], tuple]


def account(registered: str, made: str, customer: str = "K1") -> tuple[str, str]:
    """Folder and line of a change of an account."""
    row = {"customer_id": customer, "registration_date": registered, "updated_at": f"{made}Z"}
    return "shop/accounts", json.dumps(row)


def payment(
    number: str, amount: int, day: str, made: str, customer: str = "K1", is_deleted: bool = False
) -> tuple[str, str]:
    """Folder and line of a change of a payment; an amount below 0 is a refund."""
    row = {
        "transaction_id": number,
        "customer_id": customer,
        "amount": amount,
        "currency": "TRY",
        "status": "completed" if amount > 0 else "refunded",
        "transaction_date": day,
        "updated_at": f"{made}Z",
        "is_deleted": is_deleted,
    }
    return "shop/payments", json.dumps(row)


def session_line(
    number: str, day: str, minutes: int, made: str, is_deleted: bool = False
) -> tuple[str, str]:
    """Folder and line of a change of a session of K1, which began at 10:00 and took `minutes`."""
    row = {
        "session": {"id": number, "start": f"{day}T10:00:00Z", "end": f"{day}T10:{minutes}:00Z"},
        "visitor": {"customer_id": "K1"},
        "updated_at": f"{made}Z",
        "is_deleted": is_deleted,
    }
    return "web/sessions", json.dumps(row)


def contact(number: str, day: str, made: str, is_deleted: bool = False) -> tuple[str, str]:
    """Folder and line of a change of a contact of K1 with the help desk."""
    row = {
        "interaction_id": number,
        "customer_id": "K1",
        "interaction_date": day,
        "updated_at": f"{made}Z",
        "is_deleted": str(is_deleted).lower(),
    }
    return "support/interactions", ";".join(row.get(name, "") for name in CSV_COLUMNS)


# By the day of their files. All is said to be made in January, so the day of delivery alone tells
# what was known.
FIRST = {
    JAN_30: [
        account("2024-01-10", "2024-01-10T12:00:00"),
        account("2024-01-20", "2024-01-20T12:00:00", "K2"),
        payment("T1", 100, "2024-01-29", "2024-01-29T12:00:00"),
        payment("T9", 10, "2024-01-29", "2024-01-29T12:00:00", "K2"),
        session_line("S1", JAN_30, 10, "2024-01-30T11:00:00"),
        contact("I1", JAN_30, "2024-01-30T12:00:00"),
    ]
}
LATE = {
    FEB_1: [
        account("2024-01-01", "2024-01-10T13:00:00"),
        payment("T1", 300, "2024-01-29", "2024-01-29T13:00:00"),
        payment("T2", 50, JAN_31, "2024-01-31T12:00:00"),
        payment("T3", -20, JAN_31, "2024-01-31T12:00:00"),
        session_line("S2", JAN_31, 20, "2024-01-31T11:00:00"),
        contact("I2", JAN_31, "2024-01-31T12:00:00"),
    ],
    # Most is taken back, and what was corrected is corrected again.
    FEB_2: [
        account("2024-01-05", "2024-01-10T14:00:00"),
        payment("T1", 40, "2024-01-29", "2024-01-29T14:00:00"),
        payment("T2", 50, JAN_31, "2024-01-31T13:00:00", is_deleted=True),
        payment("T3", -20, JAN_31, "2024-01-31T13:00:00", is_deleted=True),
        session_line("S1", JAN_30, 30, "2024-01-30T12:00:00"),
        session_line("S2", JAN_31, 20, "2024-01-31T12:00:00", is_deleted=True),
        contact("I2", JAN_31, "2024-01-31T13:00:00", is_deleted=True),
    ],
}
# Of K1, in the order of FEATURES.
BEFORE = {
    JAN_30: (1, 100, 100, 1, 1, 600, 1, 1, 0, 20),
    JAN_31: (1, 100, 100, 2, 1, 600, 1, 1, 0, 21),
    FEB_1: (1, 100, 100, 3, 1, 600, 1, 1, 0, 22),
    FEB_2: (1, 100, 100, 4, 1, 600, 1, 1, 0, 23),
}
AFTER = {
    JAN_30: BEFORE[JAN_30],
    JAN_31: BEFORE[JAN_31],
    FEB_1: (2, 350, 175, 1, 2, 900, 2, 2, 1, 31),
    FEB_2: (1, 40, 40, 4, 1, 1800, 1, 1, 0, 28),
}


@dataclass(frozen=True)
class Deliveries:
    """A landing folder, its tables in the schema `late`, and the query of the features."""

    session: Session
    settings: Settings
    contracts: list[Contract]
    query: str

    def load(self, files: dict[str, list[tuple[str, str]]]) -> None:
        """Write lines into the files of their days, and load them; none may be rejected."""
        for day, lines in files.items():
            for folder, line in lines:
                ending, header = ("csv", ";".join(CSV_COLUMNS)) if ";" in line else ("jsonl", "")
                path = Path(self.settings.landing, folder, f"{day}.{ending}")
                path.parent.mkdir(parents=True, exist_ok=True)
                begun = path.read_text() if path.exists() else header and f"{header}\n"
                path.write_text(f"{begun}{line}\n")
        reports = load_all(self.settings, self.contracts)
        assert [report.error for report in reports if report.error] == []
        loaded = self.session.execute(
            " union all ".join(
                f"select count(*) from {SCHEMA}.{each.identifier}" for each in self.contracts
            )
        )
        lines = sum(_lines(path) for path in Path(self.settings.landing).rglob("*.*"))
        assert sum(count for (count,) in loaded) == lines

    def features(self) -> Features:
        """The features by day and customer, computed anew."""
        rows = self.session.execute(
            f"select string(as_of_date), customer_id, {', '.join(FEATURES)} from ({self.query})"
        )
        return {(day, customer): tuple(values) for day, customer, *values in rows}


def _lines(path: Path) -> int:
    """Number of the rows in a file."""
    return len(path.read_text().splitlines()) - (path.suffix == ".csv")


@pytest.fixture
def deliveries(built, server, session, tmp_path) -> Iterator[Deliveries]:
    """No files yet; afterwards the tables and their part of the log are gone."""
    every = contracts(built.manifest)
    # Datasets of other names: the loader knows the files of these by the names of all files.
    moved = [
        replace(every[name], source=f"{SCHEMA}_{every[name].source}", schema=SCHEMA)
        for name in DATASETS
    ]
    settings = replace(server, landing=str(tmp_path))
    yield Deliveries(session, settings, moved, query(built))
    session.execute(f"drop schema if exists {SCHEMA} cascade")
    names = ", ".join(f"'{each.dataset}'" for each in moved)
    for log in ("load_log", "load_rejects"):
        session.execute(f"delete from bronze.{log} where dataset in ({names})")


def query(built) -> str:
    """The query of ftr_customers on the schema `late`, on the days of this file."""
    compiled = built.queries
    dates = ", ".join(f"date '{day}'" for day in DAYS)
    found = compiled["ftr_customers"].replace(
        "silver.int_as_of_dates", f"(select explode(array({dates})) as as_of_date)"
    )
    for view in VIEWS:
        assert view in found
        found = found.replace(view, f"({compiled[view.partition('.')[2]]})")
    # Each table to load takes seconds: the help desk's first system has no rows here.
    found = found.replace(
        "bronze.support_interactions_latin1",
        "(select * from bronze.support_interactions where false)",
    )
    return found.replace("bronze.", f"{SCHEMA}.")


def test_late_files_change_the_features_of_later_days_only(deliveries):
    deliveries.load(FIRST)
    before = deliveries.features()
    deliveries.load(LATE)
    after = deliveries.features()
    assert {day: before[day, "K1"] for day in DAYS} == BEFORE
    assert {day: after[day, "K1"] for day in DAYS} == AFTER
    # Each feature follows what was known later, and nothing touches the other customer.
    assert all(map(lambda old, new: old != new, BEFORE[FEB_1], AFTER[FEB_1]))
    assert all(map(lambda old, new: old != new, AFTER[FEB_1], AFTER[FEB_2]))
    assert {day: before[day, "K2"] for day in DAYS} == {day: after[day, "K2"] for day in DAYS}
    assert len(before) == len(after) == 2 * len(DAYS)
