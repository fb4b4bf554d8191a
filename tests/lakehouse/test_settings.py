import pytest

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, Settings


def test_the_defaults_are_in_the_project():
    assert Settings.from_environment({}) == Settings(
        home=PROJECT / ".lakehouse", landing=str(PROJECT / "landing"), host="127.0.0.1", port=10000
    )


def test_an_absolute_home_is_not_changed(tmp_path):
    assert Settings.from_environment({"LAKEHOUSE_HOME": str(tmp_path)}).home == tmp_path


@pytest.mark.parametrize("port", ["http", "0", "70000", ""])
def test_the_error_for_an_invalid_port_names_the_variable(port):
    with pytest.raises(LakehouseError, match="LAKEHOUSE_THRIFT_PORT"):
        Settings.from_environment({"LAKEHOUSE_THRIFT_PORT": port})


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "inf", ""])
def test_the_error_for_an_invalid_timeout_names_the_variable(timeout):
    with pytest.raises(LakehouseError, match="LAKEHOUSE_STATEMENT_TIMEOUT"):
        Settings.from_environment({"LAKEHOUSE_STATEMENT_TIMEOUT": timeout})
