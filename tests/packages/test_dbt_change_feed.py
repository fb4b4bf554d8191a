"""The package dbt_change_feed on a live server: equal to a full refresh, in small commits."""

import json
import random
import time

import pytest

from tests.packages.change_feed import (
    MODEL,
    PACKAGE,
    ROUNDS,
    SEED,
    WRONG,
    Project,
    order,
    rounds,
    running,
    takes_long,
)


def written(project: Project, table: str = "trial") -> tuple[int, int, int]:
    """Rows that the newest commit, a MERGE, has inserted, updated and deleted."""
    operation, metrics = project.metrics(table)
    assert operation == "MERGE"
    names = ("Inserted", "Updated", "Deleted")
    return tuple(metrics[f"numTargetRows{name}"] for name in names)


@takes_long
def test_every_model_equals_its_full_refresh_after_random_arrivals(made):
    outcome = rounds(made, ROUNDS, SEED)
    assert outcome.wrong == {}
    assert outcome.caught == WRONG
    assert outcome.modes["incremental"] > outcome.modes["full"]


def test_a_commit_writes_the_rows_that_differ(orders):
    orders.execute(order("o9", 5))
    orders.execute(order("o1", 99))
    orders.execute("delete from raw.orders where order_id = 'o2'")
    assert orders.run("trial").startswith("incremental (2 rows to write, 2 to replace or remove")
    assert written(orders) == (1, 1, 1)
    assert orders.rows("trial") == [("o0", 10), ("o1", 99), ("o9", 5)]


def test_nothing_new_makes_no_commit(orders):
    before = orders.version("trial")
    assert orders.run("trial") == "nothing (nothing new)"
    orders.execute("optimize raw.orders")
    assert orders.run("trial") == "nothing (nothing new)"
    assert orders.version("trial") == before


def test_a_reload_of_the_same_rows_makes_no_commit(orders):
    before = orders.version("trial")
    orders.execute("insert overwrite raw.orders select * from raw.orders")
    assert orders.run("trial") == "nothing (new versions, in which no row differs)"
    orders.execute(order("o1", 3))
    assert orders.run("trial") == "nothing (new versions, which change no row of this model)"
    assert orders.version("trial") == before


@takes_long
def test_what_came_and_went_in_two_commits_is_read(orders):
    """A run may have read the row in between: a loader beside a build."""
    orders.execute(order("o1", 99, "wrong"))
    orders.execute("delete from raw.orders where file = 'wrong'")
    assert orders.run("trial") == "nothing (new versions, which change no row of this model)"


@takes_long
def test_a_null_key_is_a_value(orders):
    orders.execute(order("o9", 5).replace("'o9'", "null"))
    assert orders.run("trial").startswith("incremental")
    assert written(orders) == (1, 0, 0)
    orders.execute("delete from raw.orders where order_id is null")
    assert orders.run("trial").startswith("incremental")
    assert written(orders) == (0, 0, 1)


def test_a_partition_whose_last_row_is_gone_is_gone(orders):
    orders.model(
        "months",
        "{{ config(partition_by='month') }} select trunc(order_date, 'month') as month, amount "
        "from {{ source('raw', 'orders') }}",
        changes_by="{'orders': {\"trunc(order_date, 'month')\": 'month'}}",
    )
    orders.execute("update raw.orders set order_date = date '2026-02-01' where order_id = 'o1'")
    orders.run("months")
    orders.execute("update raw.orders set order_date = date '2026-03-01' where order_id = 'o1'")
    assert orders.run("months").startswith("incremental")
    operation, metrics = orders.metrics("months")
    assert (operation, metrics["numOutputRows"]) == ("WRITE", 1)
    assert [str(month) for month, _ in orders.rows("months")] == ["2026-01-01"] * 2 + ["2026-03-01"]


def test_the_metadata_of_a_commit_is_added_to_that_of_the_session(orders):
    orders.execute(order("o9", 5))
    orders.run("trial")
    metadata = json.loads(orders.metadata("trial"))
    assert metadata.keys() == {"invocation", "empty", "change_feed"}
    orders.model("trial", MODEL, post_hook="\"delete from {{ this }} where order_id = 'o0'\"")
    orders.run("trial")
    assert json.loads(orders.metadata("trial")).keys() == {"invocation", "empty"}
    assert orders.run("trial").startswith("full (written by others: DELETE at version")


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["delete from {s}.trial where order_id = 'o1'"], "written by others: DELETE at version"),
        (["restore table raw.orders to version as of 1"], "RESTORE at version"),
        (
            [
                "alter table raw.orders set tblproperties (delta.enableChangeDataFeed = false)",
                order("o9", 5),
            ],
            "has no change feed: alter table",
        ),
        (
            [
                "alter table raw.orders set tblproperties (delta.enableChangeDataFeed = false)",
                order("o9", 5),
                "alter table raw.orders set tblproperties (delta.enableChangeDataFeed = true)",
            ],
            "SET TBLPROPERTIES at version",
        ),
        (
            [
                "create or replace table raw.orders using delta tblproperties "
                "('delta.enableChangeDataFeed' = 'true') as select * from raw.orders",
            ],
            "is another table than before",
        ),
        (
            [
                "set spark.databricks.delta.retentionDurationCheck.enabled = false",
                "delete from raw.orders where order_id = 'o1'",
                "vacuum raw.orders retain 0 hours",
            ],
            "unread changes were vacuumed",
        ),
    ],
)
@takes_long
def test_a_full_refresh_says_why(orders, statements, reason):
    for statement in statements:
        orders.execute(statement)
    said = orders.run("trial")
    assert said.startswith("full (") and reason in said
    assert orders.equal("trial")
    assert orders.run("trial") == "nothing (nothing new)"


def test_a_full_refresh_keeps_the_table(orders):
    identity = orders.identity("trial")
    assert orders.run("trial", "--full-refresh") == "full (--full-refresh)"
    orders.model("trial", MODEL.replace("max(amount)", "min(amount)"))
    assert orders.run("trial") == "full (the SQL or the configuration has changed)"
    orders.model("trial", MODEL.replace("as amount", "as amount, count(*) as deliveries"))
    assert orders.run("trial") == "full (the SQL or the configuration has changed)"
    assert orders.equal("trial")
    assert orders.identity("trial") == identity
    assert orders.run("trial") == "nothing (nothing new)"


@takes_long
def test_on_schema_change(orders):
    fewer = MODEL.replace("order_id, max(amount) as amount", "order_id")
    orders.model("trial", fewer, on_schema_change="'fail'")
    assert "on_schema_change is fail; the columns were" in orders.error("trial")
    orders.model("trial", fewer, on_schema_change="'append_new_columns'")
    orders.run("trial")
    assert orders.rows("trial") == [("o0", None), ("o1", None), ("o2", None)]
    orders.model("trial", fewer)
    built = orders.dbt("run", "-s", "trial")
    assert orders.rows("trial") == [("o0",), ("o1",), ("o2",)]
    # Other models may be replaced at the same time.
    assert any("change_feed_test.trial__dbt_tmp" in message for message in built.output)


@takes_long
def test_a_run_without_rows_is_followed_by_a_full_refresh(orders):
    assert orders.run("trial", "--sample", "3 days") == "full (--empty or --sample)"
    assert orders.run("trial", "--empty") == "full (--empty or --sample)"
    assert orders.rows("trial") == []
    assert orders.run("trial").startswith("full (the last run read no rows or a sample")
    assert len(orders.rows("trial")) == 3


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (MODEL.replace("unique_key='order_id'", "tags=['x']"), "needs unique_key, or partition_by"),
        (MODEL.replace("max(amount)", "max(current_date)"), "current_date gives another value"),
        (MODEL.replace("max(amount)", "max(rand())"), "rand gives another value"),
        (MODEL.replace("')", "', changes_by={'sales': 'id'})", 1), "changes_by names sales"),
    ],
)
@takes_long
def test_what_cannot_be_derived_is_refused(orders, sql, message):
    orders.model("trial", sql)
    assert message in orders.error("trial")


@takes_long
def test_a_contract_holds_for_each_row(orders):
    orders.model(
        "trial",
        MODEL,
        properties="""
    config: {contract: {enforced: true}}
    constraints: [{type: check, name: small, expression: amount < 1000}]
    columns:
      - {name: order_id, data_type: string, constraints: [{type: not_null}]}
      - {name: amount, data_type: "decimal(18,2)"}
""",
    )
    orders.run("trial")
    before = orders.version("trial")
    orders.execute(order("o9", 5000))
    assert "small" in orders.error("trial")
    orders.execute("delete from raw.orders where order_id = 'o9'")
    orders.execute(order("o9", 5).replace("'o9'", "null"))
    assert "NULL" in orders.error("trial").upper()
    assert orders.version("trial") == before


@takes_long
def test_a_killed_run_is_completed_by_the_next(made):
    """SIGKILL of dbt at a random time of a build; then a run, and a retry if it met the old one."""
    made.execute("insert into raw.orders select * from raw.orders limit 5")
    for model in ("trial", "months"):
        made.forget_model(model)
    with running(made, "--threads", "1"):
        time.sleep(random.uniform(6, 12))
    # The server may still be in the statement of the killed run, and refuse a second writer.
    if not made.dbt("run").success:
        again = made.dbt("retry")
        assert again.success, "\n".join(again.output[-30:])
    assert set(made.differing(made.dbt("compile"))) <= WRONG


def test_a_full_refresh_that_is_cheaper_is_chosen_before_rows_are_read(orders):
    orders.execute(
        "insert into raw.orders select order_id, customer, 11, * except (order_id, "
        "customer, amount) from raw.orders limit 2"
    )
    orders.execute(order("o9", 5))
    few = ("--vars", "{change_feed_max_share: 0.4}")
    assert orders.run("trial", *few) == (
        f"full (cheaper: 3 rows of {orders.schema}.raw_orders are new, of 6)"
    )
    orders.execute(order("o9", 6))
    assert orders.run("trial", *few).startswith("incremental")
    orders.execute(order("o9", 7))
    quick = ("--vars", "{change_feed_min_seconds: 1000}")
    assert orders.run("trial", *quick).startswith("full (cheaper: the last full refresh took")


@takes_long
def test_a_full_refresh_is_cheaper_if_most_files_change(orders):
    orders.model("trial", MODEL, partition_by="'order_id'")
    assert orders.run("trial").startswith("full")
    for key in ("o0", "o1"):
        orders.execute(order(key, 99))
    assert orders.run("trial", "--vars", "{change_feed_max_share: 0.5}") == (
        "full (cheaper: the changes are in 2 of 3 files)"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("select a, b from s.t where a > 0", True),
        ("with x as (select * from s.t) select * except (b) from x", True),
        ("select a from s.t -- join\n where b = 'group by'", True),
        ("select a, row_number() over (order by a) from s.t", False),
        ("select distinct a from s.t", False),
        ("select max(a) from s.t", False),
        ("select t.a from s.t as t join s.t as u using (a)", False),
        ("select a from s.t, s.u", False),
        ("select a from s.t limit 3", False),
        ("select a from s.t where a in (select b from s.u)", False),
        ("select a from s.t except select b from s.u", False),
    ],
)
def test_a_view_is_looked_through_if_it_reads_row_by_row(made, text, found):
    assert made.render(f"dbt_change_feed.is_row_wise({json.dumps(text)}, 's.t')") is found


def test_every_macro_is_described(made):
    made.dbt("parse")
    manifest = json.loads((made.folder / "target" / "manifest.json").read_text())
    for macro in manifest["macros"].values():
        if macro["package_name"] == PACKAGE.name:
            assert macro["description"], macro["name"]


@takes_long
def test_users_compare_with_a_full_refresh_in_one_command(orders):
    command = ("run-operation", "compare_with_full_refresh", "--args", "{models: [trial]}")
    assert orders.dbt(*command).success
    orders.execute("delete from {s}.trial where order_id = 'o1'")
    assert not orders.dbt(*command).success
