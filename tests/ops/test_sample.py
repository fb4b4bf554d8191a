import pytest

from lakehouse.settings import PROJECT
from tests.conftest import lakehouse


def test_a_sample_is_written_and_counted(tmp_path):
    result = lakehouse("sample", "--days", "2", "--scale", "0.01", "--into", str(tmp_path))
    assert result.exit_code == 0, result.output
    orders = (tmp_path / "shop" / "orders" / "2023-01-02.jsonl").read_text().splitlines()
    assert orders and "shop_orders: " in result.output
    assert result.output.endswith(f"figures of the truth are in {tmp_path / 'truth'}\n")


def test_customers_are_those_of_the_repository(tmp_path, monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_LANDING", str(tmp_path))
    lakehouse("sample", "--days", "1", "--scale", "0.01", "--start", "2023-02-04")
    accounts = (tmp_path / "shop" / "accounts" / "2023-02-04.jsonl").read_text()
    first = (PROJECT / "landing" / "pos" / "sales" / "sales_data.csv").read_text()[:200]
    assert '"customer_id":"C241288"' in accounts and "C241288" in first


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--scale", "0"), 1, "the scale 0 is not above 0"),
        (
            ("--from", "completejourney", "--seed", "2"),
            2,
            "completejourney takes only --days and --into",
        ),
        (("--days", "0"), 2, "0 is not in the range"),
    ],
)
def test_impossible_options_are_refused(tmp_path, arguments, code, message):
    result = lakehouse("sample", "--into", str(tmp_path), *arguments)
    assert (result.exit_code, message in result.output) == (code, True), result.output


def test_a_bucket_needs_a_folder(monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_LANDING", "s3://bucket/landing")
    result = lakehouse("sample")
    assert result.exit_code == 1 and "write the sample --into a folder" in result.output
