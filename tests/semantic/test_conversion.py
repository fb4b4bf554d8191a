"""The window of session_to_order_rate: MetricFlow's query on sessions and orders at its edges.

test_web_shop compares the metric with DuckDB on the sample, whose days are fewer than the window.
"""

from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

METRIC = "session_to_order_rate"
# Customers, their sessions and orders (day of March 2031, time), and orders per session by day of
# the session. MetricFlow takes the last session that is not after the order, if it began less than
# 7 days before. A day without any of its orders has no value.
CASES = {
    "orders in the second of the session": (["10 12:00:00"], ["10 12:00:00"], {10: 1}),
    "orders a second before the session": (["10 12:00:00"], ["10 11:59:59"], {}),
    "orders a second less than 7 days later": (["10 12:00:00"], ["17 11:59:59"], {10: 1}),
    "orders 7 days later": (["10 12:00:00"], ["17 12:00:00"], {}),
    "orders after two sessions": (["10 12:00:00", "12 09:00:00"], ["13 08:00:00"], {12: 1}),
    "orders between two sessions": (["10 12:00:00", "12 09:00:00"], ["12 08:59:59"], {10: 1}),
    "orders after one session of two that day": (
        ["10 12:00:00", "10 18:00:00"], ["10 13:00:00"], {10: 0.5}
    ),
    "orders thrice": (["10 12:00:00"], ["11 00:00:00", "11 00:00:00", "16 00:00:00"], {10: 3}),
    "has a session, and another customer orders": (["10 12:00:00"], [], {}),
    "orders without a session": ([], ["10 12:00:01"], {}),
    "cancels the order": (["10 12:00:00"], ["10 13:00:00 cancelled"], {10: 0}),
    "unknown": (["10 12:00:00"], ["10 13:00:00"], {}),
}  # fmt: skip


def test_an_order_counts_for_the_last_session_less_than_seven_days_before(project, session):
    sessions, orders = [], []
    for customer, (starts, times, _) in CASES.items():
        sessions += [f"('{customer}', timestamp '2031-03-{start}')" for start in starts]
        for time in times:
            at, cancelled = time[:11], str("cancelled" in time)
            order = f"('{customer}', timestamp '2031-03-{at}', 'O{len(orders)}', {cancelled})"
            orders.append(order)
    planted = {
        "fct_sessions": (sessions, "customer_id, session_started_at"),
        "fct_orders": (orders, "customer_id, ordered_at, order_id, is_cancelled"),
    }
    request = MetricFlowQueryRequest.create(
        metric_names=[METRIC], group_by_names=["customer", "metric_time__day"]
    )
    query = project.mf.explain(request).sql_statement.without_descriptions.sql
    for table, (rows, columns) in planted.items():
        session.execute(
            f"create temporary view planted_{table} as"
            f" select * from values {', '.join(rows)} as rows ({columns})"
        )
        assert f"published.{table} " in query
        query = query.replace(f"published.{table} ", f"planted_{table} ")
    assert "published" not in query
    found = session.query(f"select customer, day(metric_time__day), {METRIC} from ({query})").rows
    assert {(customer, day): rate for customer, day, rate in found if rate is not None} == {
        (customer, day): rate
        for customer, (*_, rates) in CASES.items()
        for day, rate in rates.items()
    }
