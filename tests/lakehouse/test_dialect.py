from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import (
    Numeric,
    cast,
    column,
    create_engine,
    exc,
    func,
    inspect,
    literal,
    make_url,
    select,
    table,
    text,
    types,
)

from lakehouse.dialect import LakehouseDialect, type_of
from tests.servers import free_port

VALUES = [
    None,
    True,
    7,
    0.5,
    float("inf"),
    Decimal("12.50"),
    date(2024, 2, 29),
    datetime(2024, 2, 29, 13, 14, 15, 678000),
    "it's 100 %, \\ ${x} and ş",
]


@pytest.fixture(scope="module")
def engine(server):
    return create_engine("lakehouse:///default")


@pytest.fixture
def connection(engine):
    with engine.connect() as opened:
        yield opened


@pytest.mark.parametrize(
    ("spark", "expected"),
    [
        ("decimal(18,2)", types.DECIMAL(18, 2)),
        ("date", types.Date()),
        ("bigint", types.BigInteger()),
        ("timestamp_ntz", types.TIMESTAMP()),
        ("array<decimal(18,2)>", types.String()),
    ],
)
def test_each_type_of_spark_has_a_type_of_sqlalchemy(spark, expected):
    assert repr(type_of(spark)) == repr(expected)


def test_sql_has_quoted_names_and_literals_of_spark():
    names = table("odd `table", column("a.b"), schema="gold")
    query = select(names.c["a.b"]).where(names.c["a.b"] == "it's\\")
    compiled = query.compile(dialect=LakehouseDialect(), compile_kwargs={"literal_binds": True})
    assert " ".join(str(compiled).split()) == (
        "SELECT `gold`.`odd ``table`.`a.b` FROM `gold`.`odd ``table` "
        r"WHERE `gold`.`odd ``table`.`a.b` = 'it\'s\\'"
    )


def test_host_and_port_of_the_url_are_by_default_those_of_the_settings(engine, server):
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select current_schema(), 1").all() == [("default", 1)]
    assert LakehouseDialect().create_connect_args(engine.url)[1] == {
        "settings": server,
        "password": None,
        "database": "default",
    }


def test_a_url_can_have_address_login_and_certificates():
    url = make_url("lakehouse://ada:pass%40word@lake.example.com:1/gold?ca=/ca.pem")
    options = LakehouseDialect().create_connect_args(url)[1]
    settings = options.pop("settings")
    assert options == {"password": "pass@word", "database": "gold"}
    assert (settings.address, settings.user) == ("lake.example.com:1", "ada")
    assert settings.tls_ca == Path("/ca.pem")


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_bound_value_returns_with_its_type(connection, value):
    [(found,)] = connection.execute(text("select :value"), {"value": value})
    assert (found, type(found)) == (value, type(value))


def test_a_value_without_a_literal_is_refused(connection):
    with pytest.raises(exc.DBAPIError, match="no SQL literal can be made of a set"):
        connection.execute(text("select :value"), {"value": {1}})


def test_a_percent_sign_in_plain_text_is_kept(connection):
    assert connection.exec_driver_sql("select '100%' like '1%'").scalar() is True


def test_a_cast_keeps_the_decimals(connection):
    query = select(cast(literal("1.256"), Numeric(10, 2)), func.current_schema())
    assert connection.execute(query).one() == (Decimal("1.26"), "default")


def test_pandas_reads_decimals_and_dates(engine):
    frame = pd.read_sql(
        "select 12.50 as amount, date'2024-02-29' as day where 'ab' like 'a%'",
        engine,
        coerce_float=False,
    )
    assert frame.to_dict("records") == [{"amount": Decimal("12.50"), "day": date(2024, 2, 29)}]


def test_names_that_are_no_table_are_not_found(engine):
    inspector = inspect(engine)
    assert not inspector.has_table("select 1") and not inspector.has_table("a", schema="nowhere")
    with pytest.raises(exc.NoSuchTableError):
        inspector.get_columns("nothing")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select * from nothing", "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nothing`"),
        ("select assert_true(id < 0) from range(9)", "[USER_RAISED_EXCEPTION] '(id < 0)' is not"),
    ],
    ids=["executed", "fetched"],
)
def test_an_error_is_the_reason_in_a_few_lines(connection, query, reason):
    with pytest.raises(exc.OperationalError) as caught:
        connection.exec_driver_sql(query).all()
    assert str(caught.value.orig).startswith(reason)
    assert len(str(caught.value).splitlines()) < 10


def test_the_error_of_a_missing_server_is_one_sentence():
    port = free_port()
    with pytest.raises(exc.OperationalError) as caught:
        create_engine(f"lakehouse://127.0.0.1:{port}/gold").connect()
    assert str(caught.value.orig) == f"no Spark Thrift server answers at 127.0.0.1:{port}"
