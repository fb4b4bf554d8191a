from pathlib import Path

import pytest
from dbt.adapters.spark.connections import SparkCredentials

from lakehouse.errors import LakehouseError
from lakehouse.settings import PROJECT, SYSTEM_CA, Settings, settings_of


def test_the_defaults_are_in_the_project():
    assert Settings.from_environment({}) == Settings(
        home=PROJECT / ".lakehouse", landing=str(PROJECT / "landing"), host="127.0.0.1", port=10000
    )


def test_an_absolute_home_is_not_changed(tmp_path):
    assert Settings.from_environment({"LAKEHOUSE_HOME": str(tmp_path)}).home == tmp_path


def test_files_of_the_login_are_relative_to_the_project():
    settings = Settings.from_environment(
        {"LAKEHOUSE_PASSWORD_FILE": "a", "LAKEHOUSE_TLS_CA": "system", "LAKEHOUSE_USER": "ada"}
    )
    assert settings.password_file == PROJECT / "a"
    assert (settings.tls_ca, settings.user) == (SYSTEM_CA, "ada")


@pytest.mark.parametrize("port", ["http", "0", "70000", ""])
def test_the_error_for_an_invalid_port_names_the_variable(port):
    with pytest.raises(LakehouseError, match="LAKEHOUSE_THRIFT_PORT"):
        Settings.from_environment({"LAKEHOUSE_THRIFT_PORT": port})


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "inf", ""])
def test_the_error_for_an_invalid_timeout_names_the_variable(timeout):
    with pytest.raises(LakehouseError, match="LAKEHOUSE_STATEMENT_TIMEOUT"):
        Settings.from_environment({"LAKEHOUSE_STATEMENT_TIMEOUT": timeout})


@pytest.mark.parametrize(
    ("ca", "use_ssl", "expected"),
    [("/ca.pem", True, Path("/ca.pem")), ("", True, SYSTEM_CA), ("", False, None)],
)
def test_a_profile_with_use_ssl_is_verified(monkeypatch, ca, use_ssl, expected):
    monkeypatch.setenv("LAKEHOUSE_TLS_CA", ca)
    monkeypatch.setenv("LAKEHOUSE_USER", "ada")
    profile = SparkCredentials(host="h", port=1, schema="s", method="thrift", use_ssl=use_ssl)
    settings = settings_of(profile)
    assert (settings.address, settings.user, settings.tls_ca) == ("h:1", "ada", expected)
