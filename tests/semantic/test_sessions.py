"""Sessions of `lakehouse metrics`: they follow the profile, and have time-outs."""

import time

import pytest
from dbt.adapters.spark.connections import SparkCredentials

from lakehouse import thrift
from lakehouse.errors import LakehouseError
from lakehouse.thrift import TimedOut
from ops.metrics.engine import profile_session


def profile(server, port: int, **more) -> SparkCredentials:
    return SparkCredentials(
        host=server.host, port=port, schema="silver", method="thrift", user="analyst", **more
    )


def test_a_session_has_the_user_and_the_settings_of_the_profile(server):
    settings = {"set:hiveconf:spark.sql.session.timeZone": "Asia/Tokyo"}
    with profile_session(profile(server, server.port, server_side_parameters=settings)) as session:
        assert session.execute("select current_user(), current_timezone()") == [
            ("analyst", "Asia/Tokyo")
        ]


def test_a_session_with_a_silent_server_times_out(server, relay, monkeypatch):
    monkeypatch.setattr(thrift, "PROMPT_TIMEOUT", 0.5)
    relay.silence()
    with pytest.raises(
        TimedOut, match=f"the server at 127.0.0.1:{relay.port} did not answer within 0.5 s"
    ):
        profile_session(profile(server, relay.port))


def test_an_unanswered_close_keeps_the_result_and_returns(server, relay, monkeypatch):
    monkeypatch.setattr(thrift, "CLOSE_TIMEOUT", 0.5)
    with profile_session(profile(server, relay.port)) as session:
        rows = session.execute("select 1")
        relay.silence()
        began = time.monotonic()
    assert rows == [(1,)] and time.monotonic() - began < 5


def test_the_error_for_an_unsupported_profile_has_a_remedy(server):
    with pytest.raises(LakehouseError, match="method thrift and auth KERBEROS") as caught:
        profile_session(profile(server, server.port, auth="KERBEROS"))
    assert caught.value.remedy == "metrics need method thrift, and auth NONE, LDAP or CUSTOM"
