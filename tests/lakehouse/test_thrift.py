import time

import pytest

from lakehouse.settings import Settings
from lakehouse.thrift import Session, SqlError, Unreachable, readable
from tests.conftest import free_port


def test_an_error_is_read_without_its_wrapping_and_its_plan():
    message = (
        "Error running query: [TABLE_OR_VIEW_NOT_FOUND] org.apache.spark.sql.AnalysisException: "
        "[TABLE_OR_VIEW_NOT_FOUND] The table `a`.`b` cannot be found. SQLSTATE: 42P01; line 1 pos 14;\n"
        "'Project [*]\n+- 'UnresolvedRelation [a, b], [], false\n"
    )
    assert readable(message) == (
        "[TABLE_OR_VIEW_NOT_FOUND] The table `a`.`b` cannot be found. SQLSTATE: 42P01; line 1 pos 14;"
    )


def test_an_error_is_read_without_its_stack_trace():
    assert readable("Error running query: broken\n\tat org.apache.Spark(Spark.scala:1)\nCaused by: x") == "broken"


def test_a_refused_statement_names_its_condition(session):
    with pytest.raises(SqlError) as caught:
        session.execute("select * from nowhere.nothing")
    assert caught.value.condition == "TABLE_OR_VIEW_NOT_FOUND"


def test_a_started_statement_runs_beside_others_and_says_how_it_ended(session):
    began = time.monotonic()
    sleeps = session.start("cache table slept as select java_method('java.lang.Thread', 'sleep', 5000L)")
    refused = session.start("select * from nowhere.nothing")
    assert session.execute("select 1") == [(1,)]
    assert time.monotonic() - began < 5
    assert not refused()
    assert sleeps()
    assert time.monotonic() - began >= 5
    session.execute("uncache table slept")
    session.execute("drop view slept")


def test_nobody_at_the_address_is_unreachable(tmp_path):
    with pytest.raises(Unreachable, match="no Spark Thrift server answers at 127.0.0.1"):
        Session(Settings(tmp_path, tmp_path, "127.0.0.1", free_port()))
