"""The sentences of `lakehouse audit`."""

from datetime import date
from decimal import Decimal

from ops.audit import Finding, plain, summary

ROWS = Finding("bronze.shop_orders.rows", date(2024, 5, 1), Decimal(871), Decimal(870), False)
LIRA = Finding("silver.int_payments.amount_try", None, Decimal("1204.50"), Decimal("1204.5"), True)


def test_a_finding_names_the_day_and_both_figures():
    assert (ROWS.sentence, LIRA.sentence) == (
        "bronze.shop_orders.rows on 2024-05-01: expected 871, found 870",
        "silver.int_payments.amount_try: 1,204.5",
    )


def test_zeros_count_only_behind_the_point():
    assert [plain(Decimal(text)) for text in ("0.000000", "1000.000000", "100", "-2.50")] == [
        *("0", "1,000", "100", "-2.5")
    ]


def test_the_summary_counts_figures_and_checks():
    assert [summary([]), summary([LIRA]), summary([ROWS, ROWS, LIRA])] == [
        "nothing to compare: no truth is loaded",
        "1 figures of 1 checks: all as expected",
        "3 figures of 2 checks: 2 differ",
    ]
