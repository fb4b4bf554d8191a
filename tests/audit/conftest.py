"""What dbt built, which tests of the audit build again."""

from dataclasses import replace

import pytest

from lakehouse.thrift import Session
from loaders.contract import contracts
from tests.audit.warehouse import TABLES, Warehouse


@pytest.fixture(scope="session")
def warehouse(built, server):
    """What dbt built, which a test may build again with other rules; afterwards it is as before."""
    queries = built.queries
    tables = (*TABLES, "silver.int_payment_changes", "audit.findings")
    compiled = {table: queries[table.partition(".")[2]] for table in tables}
    with Session(server) as session:
        yield Warehouse(session, server, contracts(built.manifest), compiled)


@pytest.fixture(scope="session")
def other(warehouse, tmp_path_factory) -> Warehouse:
    """The warehouse with a landing folder of its own, without what was loaded."""
    landing = tmp_path_factory.mktemp("audit") / "landing"
    found = replace(warehouse, settings=replace(warehouse.settings, landing=str(landing)))
    found.empty()
    return found
