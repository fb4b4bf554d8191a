"""The semantic layer on open-source Spark: MetricFlow's commands, exports and metric views.

Importing MetricFlow takes seconds, so this module imports nothing.
"""
