"""The integration project of dbt_change_feed on the lane's server."""

import pytest

from tests.packages.change_feed import MODEL, order, project


@pytest.fixture(scope="module")
def made(server, tmp_path_factory):
    """The integration project, with its own schema."""
    with project(server, "change_feed_test", tmp_path_factory.mktemp("change_feed")) as project_:
        yield project_


@pytest.fixture
def orders(made):
    """The project with one model, built from three orders; `made.run()` builds it again."""
    made.execute("drop table if exists {s}.trial")
    made.execute("drop table if exists raw.orders")
    made.empty()
    made.model("trial", MODEL)
    for number in range(3):
        made.execute(order(f"o{number}", 10, f"f{number}"))
    assert made.run("trial") == "full (first run)"
    return made
