"""Run history: what each dbt run did, as tables.

The way of the data: dbt builds and tests; at the end of each run a hook adds one row to `ops.runs`
and one per node to `ops.node_results`, also if the run failed. Releases read there which versions
of gold passed which tests; people and dashboards read seconds, rows and failures over time.

`results` is pure; `tables` reads and writes `ops`.
"""
