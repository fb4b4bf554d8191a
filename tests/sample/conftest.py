"""Small samples: 9 days of about 15 orders, with every kind of defect."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from sample.defects import Rates
from sample.retailer import Sample
from sample.truth import Figure
from sample.writing import crm_customers, write_sample
from tests.sample.count import Figures

CRM = Path(__file__).parents[2] / "landing" / "crm" / "customers"
OFTEN = Rates(
    *(0.05,) * 3, corrected_files=0.2, deletions=0.05, returns_of_key=0.5, null_keys=0.03,
    unknown_customers=0.05, unknown_products=0.05, orphan_items=0.05, open_sessions=0.3,
    malformed_lines=0.03, wrong_types=0.03, extra_column_day=4, encoding_day=5,
)  # fmt: skip
SMALL = Sample(9, scale=0.05, seed=7, rates=OFTEN)


def by_name(figures: Iterable[Figure]) -> Figures:
    """The figures of the generator in the form of the second count."""
    return {(one.name, one.day and one.day.isoformat()): Decimal(one.expected) for one in figures}


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> tuple[Path, Figures]:
    """The folder and the truth of the small sample."""
    root = tmp_path_factory.mktemp("sample")
    return root, by_name(write_sample(SMALL, root))


@pytest.fixture(scope="session")
def month(tmp_path_factory) -> Path:
    """The folder of four weeks without defects, at a tenth of the scale."""
    root = tmp_path_factory.mktemp("month")
    customers = crm_customers(CRM)
    write_sample(Sample(28, scale=0.1, rates=Rates.none(), customers=customers), root)
    return root
