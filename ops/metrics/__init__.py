"""The semantic layer on open-source Spark: MetricFlow's command line, exports, metric views and their page.

Importing MetricFlow takes seconds, so nothing is imported here.
"""
