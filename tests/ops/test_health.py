"""`lakehouse health`: its rules by hand-made facts, and its answers before and after a build."""

import json
from datetime import datetime, timedelta

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from history.incidents import Incident, Last, Owner
from history.tables import LastRun
from lakehouse.errors import LakehouseError
from loaders.ledger import LastLoad
from ops.doctor import Finding
from ops.health import CHECKS, Facts, metrics, periods
from tests.conftest import lakehouse
from tests.servers import free_port

NOON = datetime(2026, 11, 27, 12)
RUN = LastRun("build", "success", 0, 0, "anna", NOON)
BAD = Incident("test.p.mail", "silver.a", True, Owner("Shop"), "test mail: 3 of 10 rows fail")


def last_load(read: int = 10, rejected: int = 0, **ago: int) -> dict[str, LastLoad]:
    return {"shop.orders": LastLoad(read, rejected, NOON - timedelta(**ago))}


WITHIN = {"shop.orders": timedelta(days=2)}


@pytest.mark.parametrize(
    ("check", "facts", "detail"),
    [
        (
            "Deliveries",
            Facts(NOON, loads=last_load(days=2), periods=WITHIN),
            "1 sources are loaded in time",
        ),
        (
            "Rejected rows",
            Facts(NOON, loads=last_load(100, 5)),
            "5 of 100 rows in the last loads",
        ),
        ("Last run", Facts(NOON, run=RUN), "build at 2026-11-27 12:00 UTC by anna"),
        ("Data", Facts(NOON), "0 models and tests are well"),
    ],
)
def test_what_is_well_is_said(check, facts, detail):
    assert CHECKS[check](facts) == detail


@pytest.mark.parametrize(
    ("check", "facts", "message"),
    [
        (
            "Deliveries",
            Facts(NOON, loads=last_load(days=2, seconds=1), periods=WITHIN),
            "1 of 1 sources are late: shop.orders, last loaded at 2026-11-25 11:59 UTC",
        ),
        ("Deliveries", Facts(NOON, periods=WITHIN), "shop.orders, never loaded"),
        ("Rejected rows", Facts(NOON, loads=last_load(100, 6)), "shop.orders 6 of 100"),
        ("Last run", Facts(NOON), "dbt has not run yet"),
        (
            "Last run",
            Facts(NOON, run=RUN._replace(status="error", failed=2, skipped=9)),
            "2 nodes failed, 9 were skipped",
        ),
        (
            "Data",
            Facts(NOON, problems=(BAD,) * 5),
            "5 problems: silver.a: test mail: 3 of 10 rows fail; .*; and 2 more",
        ),
    ],
)
def test_what_is_not_well_is_said_with_a_remedy(check, facts, message):
    with pytest.raises(LakehouseError, match=message) as refused:
        CHECKS[check](facts)
    assert refused.value.remedy


def test_the_period_of_a_source_is_the_warn_after_of_its_freshness():
    def source(name: str, **more: object) -> dict:
        column = {"id": {"name": "id", "data_type": "string"}}
        contract = {"schema": "bronze", "identifier": name, "columns": column}
        return {"source_name": "shop", "name": name, **contract, **more}

    fresh = {"warn_after": {"count": 36, "period": "hour"}}
    external = {"location": "a", "using": "csv"}
    sources = [
        source("orders", external=external, freshness=fresh),
        source("notes", external=external, freshness=None),
        # Nothing that the loader loads.
        source("others", external=None, freshness=fresh),
    ]
    manifest = {"nodes": {}, "sources": {f"source.p.{each['name']}": each for each in sources}}
    assert periods(manifest) == {"shop.orders": timedelta(hours=36)}


def test_metrics_are_what_prometheus_reads():
    facts = Facts(
        NOON,
        last_load(100, 5),
        RUN,
        (Last("test.p.mail.1a", "silver.a", "pass", 3, 10, "", "completeness", 0.7, 0.5),),
        (BAD,),
    )
    text = generate_latest(metrics([Finding("Disk", False, "full")], facts)).decode()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    at_noon = 1795780800
    assert found == {
        ("lakehouse_check_passed", "Disk"): 0,
        ("lakehouse_load_timestamp_seconds", "shop.orders"): at_noon,
        ("lakehouse_load_rows", "shop.orders"): 100,
        ("lakehouse_load_rejected_rows", "shop.orders"): 5,
        ("lakehouse_run_timestamp_seconds",): at_noon,
        ("lakehouse_run_failed_nodes",): 0,
        ("lakehouse_test_score", "silver.a", "mail"): 0.7,
        ("lakehouse_problems",): 1,
    }


def test_after_a_build_the_checks_have_answers_and_the_file_has_metrics(built, tmp_path):
    file = tmp_path / "lakehouse.prom"
    shown = lakehouse("health", "--json", "--prometheus", str(file))
    found = {each["name"]: each for each in json.loads(shown.stdout)}
    assert list(found) == ["Server", *CHECKS, "Disk"]
    # What other tests of this lane loaded and recorded decides the others.
    for name in ("Server", "Deliveries", "Disk"):
        assert found[name]["ok"], shown.output
    assert 'lakehouse_check_passed{check="Server"} 1.0' in file.read_text()
    assert 'lakehouse_load_rows{dataset="crm.customers"}' in file.read_text()


def test_without_a_server_the_answer_says_how_to_start_it(monkeypatch, tmp_path):
    monkeypatch.setenv("LAKEHOUSE_THRIFT_PORT", str(free_port()))
    file = tmp_path / "lakehouse.prom"
    shown = lakehouse("health", "--prometheus", str(file))
    assert shown.exit_code == 1
    assert "FAIL Server: " in shown.output
    assert "try: run: lakehouse server start" in shown.output
    assert shown.output.endswith("1 of 2 checks failed\n")
    assert 'lakehouse_check_passed{check="Server"} 0.0' in file.read_text()
