"""JDBC tools and SQLAlchemy see the names, types and descriptions of the models' YAML."""

import pytest
from sqlalchemy import create_engine, inspect

from lakehouse.dialect import type_of
from tests.jdbc import connect, rows


@pytest.fixture(scope="module")
def metadata(built, java, server):
    """The java.sql.DatabaseMetaData of the server."""
    connection = connect(java, server)
    yield connection.getMetaData()
    connection.close()


@pytest.fixture(scope="module")
def inspector(built):
    return inspect(create_engine("lakehouse:///gold"))


@pytest.fixture(scope="module")
def descriptions(manifest) -> dict[str, str]:
    """Name and description of each gold table."""
    models = [node for node in manifest["nodes"].values() if node["schema"] == "gold"]
    return {model["name"]: model["description"].strip() for model in models}


def declared(manifest: dict, table: str) -> list[tuple]:
    """Name, type, whether it may be null, and description of each column in the YAML, sorted."""
    columns = manifest["nodes"][f"model.retail_lakehouse.{table}"]["columns"].values()
    return sorted(
        (
            column["name"],
            column["data_type"],
            "not_null" not in {constraint["type"] for constraint in column["constraints"]},
            column["description"].strip(),
        )
        for column in columns
    )


def test_jdbc_lists_the_schemas(metadata):
    assert {("bronze",), ("silver",), ("gold",)} <= set(rows(metadata.getSchemas(), "TABLE_SCHEM"))


def test_jdbc_lists_the_tables_with_their_descriptions(metadata, descriptions):
    found = metadata.getTables(None, "gold", "%", None)
    assert dict(rows(found, "TABLE_NAME", "REMARKS")) == descriptions


@pytest.mark.parametrize("table", ["fct_sales", "dim_dates", "dim_customers"])
def test_jdbc_has_types_nullability_and_descriptions_of_the_columns(metadata, manifest, table):
    found = metadata.getColumns(None, "gold", table, "%")
    columns = rows(found, "COLUMN_NAME", "TYPE_NAME", "NULLABLE", "REMARKS")
    assert sorted(
        (name, kind.lower(), nullable == "1", remark) for name, kind, nullable, remark in columns
    ) == declared(manifest, table)


@pytest.mark.parametrize("table", ["fct_sales", "dim_dates", "dim_customers"])
def test_sqlalchemy_has_types_nullability_and_descriptions_of_the_columns(
    inspector, manifest, table
):
    columns = inspector.get_columns(table)
    assert sorted((c["name"], repr(c["type"]), c["nullable"], c["comment"]) for c in columns) == [
        (name, repr(type_of(spark)), nullable, description)
        for name, spark, nullable, description in declared(manifest, table)
    ]


def test_sqlalchemy_lists_tables_and_views_with_their_descriptions(inspector, descriptions):
    views = inspector.get_view_names()
    assert views == ["quality_scorecard"]
    found = [*inspector.get_table_names(), *views]
    assert {name: inspector.get_table_comment(name)["text"] for name in found} == descriptions
    assert "stg_pos__sales" in inspector.get_view_names("silver")
    assert "stg_pos__sales" not in inspector.get_table_names("silver")
    assert {"bronze", "silver", "gold"} <= set(inspector.get_schema_names())
