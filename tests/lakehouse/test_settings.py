import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings


def test_without_an_environment_everything_is_in_the_project():
    assert Settings.from_environment({}) == Settings(
        home=PROJECT / ".lakehouse", landing=str(PROJECT / "landing"), host="127.0.0.1", port=10000
    )


def test_an_absolute_home_is_taken_as_it_is(tmp_path):
    assert Settings.from_environment({"LAKEHOUSE_HOME": str(tmp_path)}).home == tmp_path


@pytest.mark.parametrize("port", ["http", "0", "70000", ""])
def test_a_port_that_is_none_is_refused_by_name(port):
    with pytest.raises(LakehouseError, match="LAKEHOUSE_THRIFT_PORT"):
        Settings.from_environment({"LAKEHOUSE_THRIFT_PORT": port})


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "inf", ""])
def test_a_timeout_that_is_none_is_refused_by_name(timeout):
    with pytest.raises(LakehouseError, match="LAKEHOUSE_STATEMENT_TIMEOUT"):
        Settings.from_environment({"LAKEHOUSE_STATEMENT_TIMEOUT": timeout})
