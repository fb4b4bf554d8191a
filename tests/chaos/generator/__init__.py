"""Random files of a dataset: with rows, without rows, with rejected rows, and invalid files.

All choices come from one `Random`, so a seed generates the same bytes again.
The generator does not define the expected result: tests.chaos.oracle derives it.
"""
