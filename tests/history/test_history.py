"""The tables of the run history, after the build that all tests of gold share."""

import pytest

from history.results import BUILT

FIRST = "(select min_by(invocation_id, started_at) from ops.runs where command = 'build')"


def test_a_build_is_one_run_with_a_result_for_each_node(built, session):
    [(command, status, nodes, failed)] = session.execute(
        f"""select command, status, models + tests, failed from ops.runs
        where invocation_id = {FIRST}"""
    )
    results = {
        each["unique_id"]: (each["status"], each["failures"])
        for each in built.results
        # The hook itself.
        if not each["unique_id"].startswith("operation.")
    }
    built_or_tested = [
        id for id in results if id.partition(".")[0] in (*BUILT, "test", "unit_test")
    ]
    assert (command, status, nodes, failed) == ("build", "success", len(built_or_tested), 0)
    found = session.execute(
        f"select node, status, failures from ops.node_results where invocation_id = {FIRST}"
    )
    assert {node: (status, failures) for node, status, failures in found} == results


@pytest.mark.parametrize("table", ["silver.int_sales", "gold.fct_sales", "gold.dim_dates"])
def test_a_model_has_the_rows_and_files_that_its_run_wrote(built, session, table):
    [(rows, files, size)] = session.execute(
        f"""select rows, files, bytes from ops.node_results
        where invocation_id = {FIRST} and kind = 'model' and dataset = '{table}'"""
    )
    [(count,)] = session.execute(f"select count(*) from {table}")
    assert rows == count
    assert files >= 1 and size > 1000
