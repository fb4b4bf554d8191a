"""Containers that are killed in the middle of a load or a build."""

import time
from collections.abc import Iterable

import pytest

from tests.cluster.conftest import compose, containers, docker, running, sql, tools, totals, up

pytestmark = pytest.mark.cluster
MODELS = "int_sales", "fct_sales", "dim_customers"
BUILD = "dbt", "build", "--exclude-resource-type", "unit_test", "--select", *MODELS
RELOAD = "lakehouse", "load", "--reprocess", "pos.sales"


def read_until(lines: Iterable[str], words: str) -> None:
    assert any(words in line for line in lines), f"no line with {words!r}"


def loaded() -> list[tuple[str, ...]]:
    return sql("select count(*), count(distinct invoice_no), sum(quantity) from bronze.pos_sales")


def test_a_build_survives_the_death_of_a_worker(demo):
    before = totals()
    with running(*BUILD) as build:
        read_until(build.stdout, "START sql table model")
        docker("kill", containers("spark-worker")[0])
    assert build.returncode == 0, build.output
    assert totals() == before
    up()


def test_a_load_whose_server_is_killed_is_repeated_without_loss(demo):
    before = loaded()
    with running(*RELOAD) as load:
        read_until(load.stdout, "pos.sales: loading")
        time.sleep(3)
        compose("kill", "thrift")
        compose("restart", "thrift")
        up()
    assert tools("lakehouse", "load").returncode == 0
    assert loaded() == before


def test_dbt_retry_completes_a_build_whose_server_was_killed(demo):
    before = totals()
    with running(*BUILD) as build:
        read_until(build.stdout, "START sql table model")
        compose("kill", "thrift")
        compose("restart", "thrift")
        up()
    assert build.returncode != 0
    tools("dbt", "retry")
    assert totals() == before
