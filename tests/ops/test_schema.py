"""The tables of the metastore; tests/cluster makes them in PostgreSQL."""

from ops.schema import java_properties, reason
from tests.conftest import lakehouse


def test_the_metastore_must_be_named(monkeypatch):
    monkeypatch.delenv("LAKEHOUSE_METASTORE", raising=False)
    result = lakehouse("server", "schema")
    assert result.exit_code == 1
    assert "LAKEHOUSE_METASTORE is not set" in result.output


def test_a_backslash_in_a_password_is_kept():
    assert java_properties({"password": r"a\b=c"}) == "password=a\\\\b=c\n"


def test_the_reason_is_the_last_exception():
    output = "A first.\norg.x.FirstException: one\nCaused by: org.x.LastException: refused\nend"
    assert reason(output) == "refused"
    assert reason("no exception\n") == "no exception"
