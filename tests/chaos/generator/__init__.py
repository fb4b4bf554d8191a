"""Random files of a dataset: with rows, without rows, with rejected rows, and invalid files.

Everything is drawn from a `Random`, so a seed generates the same bytes again.
The generator does not say how a file has to be loaded: tests.chaos.oracle derives that.
"""
