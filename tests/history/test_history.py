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


def test_the_scorecard_has_the_share_of_rows_of_each_test(built, session):
    [(completeness, uniqueness)] = session.execute(
        """select completeness, uniqueness from gold.quality_scorecard
        where dataset = 'restricted.int_account_owners'"""
    )
    [(rows, mails, distinct_mails)] = session.execute(
        "select count(*), count(email), count(distinct email) from restricted.int_account_owners"
    )
    assert 0 < mails < rows
    assert completeness == pytest.approx(mails / rows)
    assert uniqueness == pytest.approx(1 - (mails - distinct_mails) / rows)


def test_the_scorecard_names_the_worst_tests_of_a_dataset(built, session):
    [(worst,)] = session.execute(
        """select to_json(worst_rules[0]) from gold.quality_scorecard
        where dataset = 'restricted.int_account_owners'"""
    )
    assert '"threshold":0.9' in worst and '"column_name":"email"' in worst


def test_every_data_test_of_a_run_has_a_score(built, manifest, session):
    found = session.execute(
        f"""select node, dataset is not null, dimension is not null, score is not null
        from ops.node_results where kind = 'test' and invocation_id = {FIRST}"""
    )
    left_out = {
        id
        for id, node in manifest["nodes"].items()
        if node["config"].get("meta", {}).get("quality") is False
    }
    assert {node for node, *has in found if not all(has)} == left_out


def test_loads_and_costs_are_views_of_what_was_recorded(built, session):
    log = "select sum(rows_loaded), sum(rows_rejected) from {}"
    assert session.execute(log.format("ops.loads")) == session.execute(
        log.format("bronze.load_log")
    )
    [(rows,)] = session.execute(
        "select rows_written from ops.model_costs where dataset = 'gold.dim_malls'"
    )
    assert rows == session.execute("select count(*) from gold.dim_malls")[0][0]
