"""`lakehouse health` after a real build, and pure rules without a server."""

import json
from datetime import datetime, timedelta

import pytest

from lakehouse.errors import LakehouseError
from loaders.ledger import LastLoad
from ops import health
from tests.conftest import lakehouse
from tests.servers import free_port

NOON = datetime(2026, 11, 27, 12)
MANIFEST = {
    "nodes": {},
    "sources": {
        f"source.p.shop.{name}": {
            "source_name": "shop",
            "name": name,
            "schema": "bronze",
            "identifier": name,
            "columns": {"id": {"name": "id", "data_type": "string"}},
            "external": {"location": name, "using": "csv"},
            "freshness": freshness,
        }
        for name, freshness in (
            ("orders", {"warn_after": {"count": 2, "period": "day"}}),
            ("notes", None),
        )
    },
}


@pytest.fixture
def loads(monkeypatch) -> dict[str, LastLoad]:
    """What the loader's log says, as the checks read it, at noon."""
    found: dict[str, LastLoad] = {}
    monkeypatch.setattr(health, "last_loads", lambda session: found)
    monkeypatch.setattr(health, "utc_now", lambda: NOON)
    return found


def test_a_source_is_late_after_its_warn_after(loads):
    loads["shop.orders"] = LastLoad(10, 0, NOON - timedelta(days=2))
    assert health.check_deliveries(None, MANIFEST) == "1 sources are loaded in time"
    loads["shop.orders"] = LastLoad(10, 0, NOON - timedelta(days=2, seconds=1))
    with pytest.raises(LakehouseError, match="1 sources are late: shop.orders, last 2026-11-25"):
        health.check_deliveries(None, MANIFEST)
    loads.clear()
    with pytest.raises(LakehouseError, match="1 sources are late: shop.orders$"):
        health.check_deliveries(None, MANIFEST)


def test_a_load_with_many_rejects_is_not_well(loads):
    loads["shop.orders"] = LastLoad(100, 5, NOON)
    assert health.check_rejected(None) == "5 of 100 rows in the last loads"
    loads["shop.orders"] = LastLoad(100, 6, NOON)
    with pytest.raises(LakehouseError, match="shop.orders: 6 of 100 rows"):
        health.check_rejected(None)


def test_after_a_build_all_is_well_but_what_the_tests_say(built):
    shown = json.loads(lakehouse("health", "--json").stdout)
    found = {each["name"]: each for each in shown}
    for name in ("Server", "Deliveries", "Rejected rows", "Last run", "Disk"):
        assert found[name]["ok"], found[name]
    assert set(found) - {"Server", "Deliveries", "Rejected rows", "Last run", "Disk"} == {"Data"}


def test_without_a_server_the_answer_says_how_to_start_it(monkeypatch):
    monkeypatch.setenv("LAKEHOUSE_THRIFT_PORT", str(free_port()))
    shown = lakehouse("health")
    assert shown.exit_code == 1
    assert "FAIL Server: " in shown.output
    assert "try: run: lakehouse server start" in shown.output
    assert shown.output.endswith("1 of 2 checks failed\n")
